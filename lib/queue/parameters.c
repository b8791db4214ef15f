/* The parameters of MAIL and RCPT are a table; each has one parser. */
#include "lib/queue/parameters.h"

#include "lib/queue/queue_file.h"

/* RFC 3461 gives them 100 and 500 octets; what is longer is taken all the same, as Postfix does. */
#define XTEXT_MAX 2048 /* octets, encoded */

struct parsing {
    struct arena *arena;
    struct parameters *parameters;
    struct span word; /* the whole parameter */
    bool has_value;
};

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* xtext = *( "!" to "~" except "+" and "=", or "+" two upper-case hex digits ): RFC 3461 section 4.
 * NULL when it is none, or when what it stands for cannot be printed. */
static char *decode_xtext(struct arena *arena, struct span xtext)
{
    char *text = arena_alloc(arena, xtext.len + 1);
    char *to = text;

    for (size_t i = 0; i < xtext.len; i++) {
        int c = (unsigned char)xtext.data[i];

        if (c == '+') {
            if (xtext.len - i < 3 || hex_digit(xtext.data[i + 1]) < 0 ||
                hex_digit(xtext.data[i + 2]) < 0)
                return NULL;
            c = hex_digit(xtext.data[i + 1]) * 16 + hex_digit(xtext.data[i + 2]);
            i += 2;
        }
        if (c < ' ' || c > '~')
            return NULL;
        *to++ = (char)c;
    }
    return text;
}

static const char *parse_size(struct parsing *parsing, struct span value)
{
    size_t digits = 0;

    while (digits < value.len && is_digit(value.data[digits]))
        digits++;
    if (digits == 0 || digits < value.len)
        return "501 5.5.4 Bad message size syntax";
    if (!span_to_u64(value, INT64_MAX, &parsing->parameters->size))
        return "552 5.3.4 Message size exceeds file system imposed limit";
    return NULL;
}

static const char *parse_body(struct parsing *parsing, struct span value)
{
    parsing->parameters->eight_bit = span_equal_text_nocase(value, "8BITMIME");
    if (parsing->parameters->eight_bit || span_equal_text_nocase(value, "7BIT"))
        return NULL;
    return arena_printf(parsing->arena, "555 5.5.4 Unsupported option: BODY=%s",
                        arena_text(parsing->arena, value));
}

/* Who submitted it elsewhere: RFC 4954 section 5 lets us forget it. */
static const char *parse_auth(struct parsing *parsing UNUSED, struct span value UNUSED)
{
    return NULL;
}

static const char *parse_ret(struct parsing *parsing, struct span value)
{
    bool again = parsing->parameters->dsn_ret != 0;

    if (span_equal_text_nocase(value, "FULL"))
        parsing->parameters->dsn_ret = 'F';
    else if (span_equal_text_nocase(value, "HDRS"))
        parsing->parameters->dsn_ret = 'H';
    else
        again = true;
    return again ? "501 5.5.4 Bad RET parameter syntax" : NULL;
}

static const char *parse_envid(struct parsing *parsing, struct span value)
{
    const char *envid =
        value.len == 0 || value.len > XTEXT_MAX ? NULL : decode_xtext(parsing->arena, value);

    if (envid == NULL || parsing->parameters->dsn_envid != NULL)
        return "501 5.5.4 Bad ENVID parameter syntax";
    parsing->parameters->dsn_envid = envid;
    return NULL;
}

/* Whether the client may, and what it may ask for, is the caller's to say. */
static const char *parse_xverp(struct parsing *parsing, struct span value)
{
    parsing->parameters->verp = arena_text(parsing->arena, parsing->word);
    parsing->parameters->verp_delimiters =
        parsing->has_value ? arena_text(parsing->arena, value) : NULL;
    return NULL;
}

static uint64_t notify_bit(struct span word)
{
    static const struct {
        const char *word;
        uint64_t bit;
    } words[] = {
        {"NEVER",   NOTIFY_NEVER  },
        {"SUCCESS", NOTIFY_SUCCESS},
        {"FAILURE", NOTIFY_FAILURE},
        {"DELAY",   NOTIFY_DELAY  },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (span_equal_text_nocase(word, words[i].word))
            return words[i].bit;
    }
    return 0;
}

/* NOTIFY=NEVER, or a list of the others; once. */
static const char *parse_notify(struct parsing *parsing, struct span value)
{
    static const char refusal[] = "501 5.5.4 Error: Bad NOTIFY parameter syntax";
    const struct span whole = value;
    uint64_t notify = 0;

    if (parsing->parameters->dsn_notify != NOTIFY_DEFAULT || value.len == 0)
        return refusal;
    while (value.len > 0) {
        struct span word = span_take_until(&value, ',');
        uint64_t bit = notify_bit(word);

        if (bit == 0 && word.len > 0)
            parsing->parameters->unknown_notify = arena_printf(
                parsing->arena, "\"%.*s\" in \"%.*s\"", SPAN_PRINTF(word), SPAN_PRINTF(whole));
        if (bit == 0 || (notify & NOTIFY_NEVER) != 0 || (bit == NOTIFY_NEVER && notify != 0))
            return refusal;
        notify |= bit;
    }
    parsing->parameters->dsn_notify = notify;
    return NULL;
}

/* ORCPT=addr-type ";" xtext; once. */
static const char *parse_orcpt(struct parsing *parsing, struct span value)
{
    static const char refusal[] = "501 5.5.4 Error: Bad ORCPT parameter syntax";
    size_t semicolon = span_find(value, ';');
    const char *type, *address;

    if (parsing->parameters->dsn_orcpt != NULL || value.len > XTEXT_MAX || semicolon == 0 ||
        semicolon == value.len)
        return refusal;
    type = decode_xtext(parsing->arena, span_first(value, semicolon));
    address = decode_xtext(parsing->arena, span_skip(value, semicolon + 1));
    if (type == NULL || address == NULL)
        return refusal;
    parsing->parameters->dsn_orcpt =
        address[0] == '\0' ? "" : arena_printf(parsing->arena, "%s;%s", type, address);
    return NULL;
}

/* name, whose it is, whether DSN must have been announced, whether it may come without a value, parser */
static const struct parameter {
    const char *name;
    enum parameters_of of;
    bool dsn;
    bool may_be_bare;
    const char *(*parse)(struct parsing *parsing, struct span value);
} table[] = {
    {"SIZE",   PARAMETERS_OF_MAIL, false, false, parse_size  },
    {"BODY",   PARAMETERS_OF_MAIL, false, false, parse_body  },
    {"AUTH",   PARAMETERS_OF_MAIL, false, false, parse_auth  },
    {"XVERP",  PARAMETERS_OF_MAIL, false, true,  parse_xverp },
    {"RET",    PARAMETERS_OF_MAIL, true,  false, parse_ret   },
    {"ENVID",  PARAMETERS_OF_MAIL, true,  false, parse_envid },
    {"NOTIFY", PARAMETERS_OF_RCPT, true,  false, parse_notify},
    {"ORCPT",  PARAMETERS_OF_RCPT, true,  false, parse_orcpt },
};

static const struct parameter *find(enum parameters_of of, struct span name, bool has_value)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (table[i].of == of && (has_value || table[i].may_be_bare) &&
            span_equal_text_nocase(name, table[i].name))
            return &table[i];
    }
    return NULL;
}

static const char *parse_word(struct parsing *parsing, enum parameters_of of, bool dsn)
{
    size_t equals = span_find(parsing->word, '=');
    const struct parameter *parameter;

    parsing->has_value = equals < parsing->word.len;
    parameter = find(of, span_first(parsing->word, equals), parsing->has_value);
    if (parameter == NULL)
        return arena_printf(parsing->arena, "555 5.5.4 Unsupported option: %s",
                            arena_text(parsing->arena, span_first(parsing->word, 200)));
    if (parameter->dsn && !dsn)
        return "501 5.7.1 DSN support is disabled";
    return parameter->parse(parsing,
                            parsing->has_value ? span_skip(parsing->word, equals + 1) : SPAN_EMPTY);
}

const char *parameters_parse(struct arena *arena, enum parameters_of of, struct span text, bool dsn,
                             struct parameters *parameters_r)
{
    struct parsing parsing = {.arena = arena, .parameters = parameters_r};
    const char *refusal = NULL;

    *parameters_r = (struct parameters){0};
    text = span_trim(text);
    while (refusal == NULL && text.len > 0) {
        parsing.word = span_take_word(&text);
        refusal = parse_word(&parsing, of, dsn);
    }
    return refusal;
}
