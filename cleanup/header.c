/* The fields of a header, one after the other, and those that are missing at its end. */
#include "cleanup/header.h"

#include "cleanup/address.h"
#include "lib/base/log.h"
#include "lib/message/address.h"
#include "lib/message/date.h"
#include "lib/message/header_addresses.h"

/* --- rewriting in place ---------------------------------------------------------------------------- */

static const char *replace_address(void *context, const char *address, bool is_sender)
{
    return rewrite_header_address(context, address, is_sender);
}

static void keep_octets(void *context, struct span octets)
{
    message_keep(context, octets);
}

static void put_octets(void *context, struct span octets)
{
    message_put(context, octets);
}

static void rewrite_field(struct message *message, const struct header_field *field, bool is_sender)
{
    const struct header_rewriter rewriter = {
        .scratch = message->scratch,
        .limit = (size_t)message->cleanup->config->header_address_token_limit,
        .drop_routes = true,
        .context = message,
        .replace = replace_address,
        .keep = keep_octets,
        .put = put_octets,
    };

    header_rewrite(&rewriter, field, is_sender);
}

/* --- the fields that mean something here ---------------------------------------------------------- */

struct known_field {
    struct span name;
    unsigned has;
    void (*note)(struct message *message, const struct header_field *field);
};

static void note_hop(struct message *message, const struct header_field *field UNUSED)
{
    message->hop_count++;
    if (message->hop_count != message->cleanup->config->hopcount_limit)
        return;
    log_warning("%s: message rejected: hopcount exceeded", message->queue_id);
    message_refuse(message, &refusal_hops);
}

static void note_message_id(struct message *message, const struct header_field *field)
{
    struct span id = span_trim(field->body);

    log_info("%s: message-id=%.*s", message->queue_id, SPAN_PRINTF(id));
}

static void note_resent_message_id(struct message *message, const struct header_field *field)
{
    struct span id = span_trim(field->body);

    log_info("%s: resent-message-id=%.*s", message->queue_id, SPAN_PRINTF(id));
}

#define NAMED(text)                                                                                \
    {                                                                                              \
        "" text "", sizeof(text) - 1                                                               \
    }

static const struct known_field known_fields[] = {
    {NAMED("Received"),          0,                                  note_hop              },
    {NAMED("From"),              HAS_FROM,                           NULL                  },
    {NAMED("To"),                HAS_VISIBLE_RECIPIENT,              NULL                  },
    {NAMED("Cc"),                HAS_VISIBLE_RECIPIENT,              NULL                  },
    {NAMED("Date"),              HAS_DATE,                           NULL                  },
    {NAMED("Message-Id"),        HAS_MESSAGE_ID,                     note_message_id       },
    {NAMED("Resent-From"),       HAS_RESENT | HAS_RESENT_FROM,       NULL                  },
    {NAMED("Resent-Sender"),     HAS_RESENT,                         NULL                  },
    {NAMED("Resent-Reply-To"),   HAS_RESENT,                         NULL                  },
    {NAMED("Resent-To"),         HAS_RESENT | HAS_VISIBLE_RECIPIENT, NULL                  },
    {NAMED("Resent-Cc"),         HAS_RESENT | HAS_VISIBLE_RECIPIENT, NULL                  },
    {NAMED("Resent-Bcc"),        HAS_RESENT,                         NULL                  },
    {NAMED("Resent-Date"),       HAS_RESENT | HAS_RESENT_DATE,       NULL                  },
    {NAMED("Resent-Message-Id"), HAS_RESENT | HAS_RESENT_MESSAGE_ID, note_resent_message_id},
};

static const struct known_field *find_known(struct span name)
{
    static const struct known_field unknown = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(known_fields); i++) {
        if (span_equal_nocase(name, known_fields[i].name))
            return &known_fields[i];
    }
    return &unknown;
}

static bool is_dropped(const struct message *message, struct span name)
{
    const struct strlist *dropped = &message->cleanup->dropped_headers;

    for (size_t i = 0; i < dropped->count; i++) {
        if (span_equal_text_nocase(name, dropped->items[i]))
            return true;
    }
    return false;
}

void header_field(struct message *message, const struct header_field *field)
{
    const struct known_field *known = find_known(field->name);
    enum header_addresses addresses = HEADER_NO_ADDRESSES;

    message->fields |= known->has;
    if (known->note != NULL)
        known->note(message, field);
    if (is_dropped(message, field->name))
        return;
    if (message->rewriting != REWRITE_NOTHING)
        addresses = header_addresses(field->name);
    if (addresses == HEADER_NO_ADDRESSES)
        message_keep(message, field->whole);
    else
        rewrite_field(message, field, addresses == HEADER_SENDERS);
    if (field->whole.data[field->whole.len - 1] != '\n') /* the last one of all, or cut */
        message_put(message, SPAN_LITERAL("\n"));
}

/* --- what is missing --------------------------------------------------------------------------------- */

/* Unique by the queue id; a short one may come again one day, so the date goes before it. */
static void add_message_id(struct message *message, const char *resent)
{
    const struct config *config = message->cleanup->config;
    char date[32] = "";
    struct tm utc;
    const char *id;

    if (!config->enable_long_queue_ids && gmtime_r(&message->request.arrival.tv_sec, &utc) != NULL)
        (void)strftime(date, sizeof(date), "%Y%m%d%H%M%S.", &utc);
    id = arena_printf(message->arena, "<%s%s@%s>", date, message->queue_id, config->myhostname);
    message_put(message, span_text(arena_printf(message->arena, "%sMessage-Id: %s\n", resent, id)));
    log_info("%s: %smessage-id=%s", message->queue_id, resent[0] == '\0' ? "" : "resent-", id);
}

static void add_date(struct message *message, const char *resent)
{
    char date[DATE_TEXT_MAX];

    message_put(message, span_text(arena_printf(message->arena, "%sDate: %s\n", resent,
                                        date_format(message->request.arrival.tv_sec, date))));
}

/* A phrase of RFC 5322 section 3.2.5: as it is when it is atoms, else quoted; on one line. */
static const char *make_phrase(struct arena *arena, const char *name)
{
    char *phrase = arena_alloc(arena, 2 * strlen(name) + 3);
    char *to = phrase;
    bool quoted = strpbrk(name, "()<>@,;:\\\".[]") != NULL;

    if (quoted)
        *to++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            *to++ = '\\';
        *to++ = (unsigned char)*name < ' ' || *name == 0x7f ? ' ' : *name;
    }
    if (quoted)
        *to++ = '"';
    return phrase;
}

/* A comment of RFC 5322 section 3.2.2, without its parentheses. */
static const char *make_comment(struct arena *arena, const char *name)
{
    char *comment = arena_alloc(arena, 2 * strlen(name) + 1);
    char *to = comment;

    for (; *name != '\0'; name++) {
        if (*name == '(' || *name == ')' || *name == '\\')
            *to++ = '\\';
        *to++ = (unsigned char)*name < ' ' || *name == 0x7f ? ' ' : *name;
    }
    return comment;
}

/* header_from_format: "standard" is name <address>, "obsolete" is address (name) */
static const char *make_from(struct message *message)
{
    const char *name = message->request.full_name;
    const char *address = address_quote(message->arena, message->sender);

    if (message->sender[0] == '\0')
        return "MAILER-DAEMON";
    if (name == NULL || name[0] == '\0')
        return address;
    if (strcmp(message->cleanup->config->header_from_format, "obsolete") == 0)
        return arena_printf(message->arena, "%s (%s)", address, make_comment(message->arena, name));
    return arena_printf(message->arena, "%s <%s>", make_phrase(message->arena, name), address);
}

static void add_from(struct message *message, const char *resent)
{
    message_put(message,
        span_text(arena_printf(message->arena, "%sFrom: %s\n", resent, make_from(message))));
}

static void add_undisclosed(struct message *message)
{
    const char *field = message->cleanup->config->undisclosed_recipients_header;

    if (field[0] != '\0' && (message->fields & HAS_VISIBLE_RECIPIENT) == 0)
        message_put(message, span_text(arena_printf(message->arena, "%s\n", field)));
}

void header_complete(struct message *message)
{
    bool is_resent = (message->fields & HAS_RESENT) != 0;
    const char *resent = is_resent ? "Resent-" : "";
    unsigned missing = ~message->fields;
    bool adds = message->rewriting != REWRITE_NOTHING ||
                message->cleanup->config->always_add_missing_headers;

    if (adds) {
        if ((missing & (is_resent ? HAS_RESENT_MESSAGE_ID : HAS_MESSAGE_ID)) != 0)
            add_message_id(message, resent);
        if ((missing & (is_resent ? HAS_RESENT_DATE : HAS_DATE)) != 0)
            add_date(message, resent);
        if ((missing & (is_resent ? HAS_RESENT_FROM : HAS_FROM)) != 0)
            add_from(message, resent);
        add_undisclosed(message);
    }
    if ((missing & HAS_MESSAGE_ID) != 0 && (is_resent || !adds))
        log_info("%s: message-id=<>", message->queue_id);
    message_flush(message);
}
