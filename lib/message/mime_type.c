/* Content-Type and Content-Transfer-Encoding, word by word. */
#include "lib/message/mime_type.h"

#define SPECIALS "()<>@,;:\\\"/[]?="
#define WORDS_MAX                                                                                  \
    3 /* "multipart" "/" "mixed", "boundary" "=" "x": what follows up to ";" says nothing */

struct word {
    enum { WORD_ATOM, WORD_QUOTED, WORD_SPECIAL } kind;
    struct span text; /* of a quoted one still with its backslashes, without its quotes */
};

/* --- words ---------------------------------------------------------------------------------------- */

/* Behind the ")" that closes the comment, or the end. */
static void skip_comment(struct cursor *in)
{
    unsigned depth = 0;

    while (!cursor_at_end(*in)) {
        unsigned char octet = *in->next++;

        if (octet == '\\' && !cursor_at_end(*in))
            in->next++;
        else if (octet == '(')
            depth++;
        else if (octet == ')' && --depth == 0)
            return;
    }
}

static void skip_filling(struct cursor *in)
{
    while (!cursor_at_end(*in) && (is_space(*in->next) || *in->next == '(')) {
        if (*in->next == '(')
            skip_comment(in);
        else
            in->next++;
    }
}

static struct span take_quoted(struct cursor *in)
{
    const unsigned char *first = ++in->next;
    size_t len;

    while (!cursor_at_end(*in) && *in->next != '"')
        in->next += *in->next == '\\' && cursor_left(*in) > 1 ? 2 : 1;
    len = (size_t)(in->next - first);
    (void)cursor_take(in, '"');
    return span_of(first, len);
}

static bool is_special(unsigned char octet)
{
    return octet != '\0' && strchr(SPECIALS, octet) != NULL;
}

static struct word take_word(struct cursor *in)
{
    const unsigned char *first = in->next;

    if (*first == '"')
        return (struct word){WORD_QUOTED, take_quoted(in)};
    if (is_special(*first)) {
        in->next++;
        return (struct word){WORD_SPECIAL, span_of(first, 1)};
    }
    while (!cursor_at_end(*in) && !is_space(*in->next) && !is_special(*in->next))
        in->next++;
    return (struct word){WORD_ATOM, span_of(first, (size_t)(in->next - first))};
}

/* The first words up to the next ";", which is passed. False: nothing was left. */
static bool take_words(struct cursor *in, struct word words[WORDS_MAX], size_t *count_r)
{
    *count_r = 0;
    if (cursor_at_end(*in))
        return false;
    for (skip_filling(in); !cursor_at_end(*in) && !cursor_take(in, ';'); skip_filling(in)) {
        struct word word = take_word(in);

        if (*count_r < WORDS_MAX)
            words[(*count_r)++] = word;
    }
    return true;
}

static bool is_atom(const struct word *word, const char *text)
{
    return word->kind == WORD_ATOM && span_equal_text_nocase(word->text, text);
}

static bool is_mark(const struct word *word, char mark)
{
    return word->kind == WORD_SPECIAL && word->text.data[0] == mark;
}

/* --- Content-Type --------------------------------------------------------------------------------- */

static enum mime_type message_type(const struct word *subtype)
{
    if (subtype == NULL)
        return MIME_TYPE_OTHER;
    if (is_atom(subtype, "rfc822"))
        return MIME_TYPE_MESSAGE;
    if (is_atom(subtype, "global"))
        return MIME_TYPE_GLOBAL_MESSAGE;
    return is_atom(subtype, "partial") || is_atom(subtype, "external-body") ? MIME_TYPE_CUT_MESSAGE
                                                                            : MIME_TYPE_OTHER;
}

bool mime_type_read(struct cursor *in, enum mime_type *type_r, bool *digest_r)
{
    struct word words[WORDS_MAX];
    const struct word *subtype = NULL;
    size_t count;

    if (!take_words(in, words, &count) || count == 0)
        return false;
    if (count == WORDS_MAX && is_mark(&words[1], '/'))
        subtype = &words[2];
    *digest_r = false;
    *type_r = MIME_TYPE_OTHER;
    if (is_atom(&words[0], "text")) {
        *type_r = MIME_TYPE_TEXT;
    } else if (is_atom(&words[0], "message")) {
        *type_r = message_type(subtype);
    } else if (is_atom(&words[0], "multipart")) {
        *type_r = MIME_TYPE_MULTIPART;
        *digest_r = subtype != NULL && is_atom(subtype, "digest");
    }
    return true;
}

/* Without backslashes and line ends. */
static struct span unquote(struct arena *arena, struct span quoted)
{
    char *text = arena_alloc(arena, quoted.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < quoted.len; i++) {
        if (quoted.data[i] == '\\' && i + 1 < quoted.len)
            i++;
        if (quoted.data[i] != '\n')
            text[len++] = quoted.data[i];
    }
    return span_of(text, len);
}

bool mime_type_boundary(struct cursor *in, struct arena *arena, struct span *boundary_r)
{
    struct word words[WORDS_MAX];
    size_t count;

    while (take_words(in, words, &count)) {
        if (count == WORDS_MAX && is_atom(&words[0], "boundary") && is_mark(&words[1], '=') &&
            words[2].kind != WORD_SPECIAL) {
            *boundary_r = unquote(arena, words[2].text);
            if (boundary_r->len > 0) /* else any line with dashes would be a delimiter */
                return true;
        }
    }
    return false;
}

/* --- Content-Transfer-Encoding -------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum mime_encoding domain;
} encodings[] = {
    [MIME_7BIT] = {"7bit",             MIME_7BIT  },
    [MIME_8BIT] = {"8bit",             MIME_8BIT  },
    [MIME_BINARY] = {"binary",           MIME_BINARY},
    [MIME_BASE64] = {"base64",           MIME_7BIT  },
    [MIME_QUOTED_PRINTABLE] = {"quoted-printable", MIME_7BIT  },
};

bool mime_encoding_read(struct span body, enum mime_encoding *encoding_r)
{
    struct cursor in = cursor_of(body);
    struct word words[WORDS_MAX];
    size_t count;

    if (!take_words(&in, words, &count) || count == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(encodings); i++) {
        if (is_atom(&words[0], encodings[i].name)) {
            *encoding_r = (enum mime_encoding)i;
            return true;
        }
    }
    return false;
}

enum mime_encoding mime_encoding_domain(enum mime_encoding encoding)
{
    return encodings[encoding].domain;
}

const char *mime_encoding_name(enum mime_encoding encoding)
{
    return encodings[encoding].name;
}

bool mime_is_about(struct span name)
{
    static const char *const names[] = {
        "Content-Description",       "Content-Disposition", "Content-Id",
        "Content-Transfer-Encoding", "Content-Type",        "MIME-Version",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (span_equal_text_nocase(name, names[i]))
            return true;
    }
    return false;
}
