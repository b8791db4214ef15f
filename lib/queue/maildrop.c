/* The records of files in maildrop/. */
#include "lib/queue/maildrop.h"

#include "lib/message/address.h"
#include "lib/queue/layout.h"
#include "lib/queue/queue_file.h"

#define HEAD 5 /* octets of type and length */

enum { PHASE_VERSION, PHASE_SENDER, PHASE_OPTIONS, PHASE_RECIPIENTS, PHASE_CONTENT, PHASE_END };

/* type, phase, may it come again, must it come, longest value; other values than content are text */
static const struct rule {
    enum maildrop_type type;
    size_t phase;
    bool repeats;
    bool required;
    size_t max;
} rules[] = {
    {MAILDROP_IS_VERSION,  PHASE_VERSION,    false, true,  8                   },
    {MAILDROP_SENDER,      PHASE_SENDER,     false, true,  ADDRESS_MAX - 1     },
    {MAILDROP_FULL_NAME,   PHASE_OPTIONS,    false, false, 1000                },
    {MAILDROP_ENVELOPE_ID, PHASE_OPTIONS,    false, false, 2048                },
    {MAILDROP_RETURN,      PHASE_OPTIONS,    false, false, 1                   },
    {MAILDROP_BODY,        PHASE_OPTIONS,    false, false, 8                   },
    {MAILDROP_GATEWAY,     PHASE_OPTIONS,    false, false, 0                   },
    {MAILDROP_VERIFY,      PHASE_OPTIONS,    false, false, 0                   },
    {MAILDROP_TRACE,       PHASE_OPTIONS,    false, false, 0                   },
    {MAILDROP_VERP,        PHASE_OPTIONS,    false, false, 100                 },
    {MAILDROP_ORCPT,       PHASE_RECIPIENTS, true,  false, 2048                },
    {MAILDROP_RECIPIENT,   PHASE_RECIPIENTS, true,  true,  ADDRESS_MAX         },
    {MAILDROP_CONTENT,     PHASE_CONTENT,    true,  false, MAILDROP_CONTENT_MAX},
    {MAILDROP_END,         PHASE_END,        false, true,  0                   },
};

static const struct rule *find_rule(unsigned char type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        if ((unsigned char)rules[i].type == type)
            return &rules[i];
    }
    return NULL;
}

static unsigned bit(const struct rule *rule)
{
    return 1U << (rule - rules);
}

/* Not after a later phase, not twice, and not before what must have come. */
static bool is_in_order(const struct maildrop_reader *reader, const struct rule *rule)
{
    if (rule->phase < reader->phase || (!rule->repeats && (reader->seen & bit(rule)) != 0))
        return false;
    for (const struct rule *before = rules; before->phase < rule->phase; before++) {
        if (before->required && (reader->seen & bit(before)) == 0)
            return false;
    }
    return true;
}

static bool is_text(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.data[i] < ' ' || value.data[i] == 0x7f)
            return false;
    }
    return true;
}

static bool makes_sense(const struct maildrop_record *record)
{
    struct span value = record->value;

    switch (record->type) {
    case MAILDROP_IS_VERSION:
        return span_equal_text(value, MAILDROP_VERSION);
    case MAILDROP_RETURN:
        return span_equal_text(value, "F") || span_equal_text(value, "H");
    case MAILDROP_BODY:
        return span_equal_text(value, "7BIT") || span_equal_text(value, "8BITMIME");
    case MAILDROP_RECIPIENT:
        return value.len > 0 && value.data[0] >= '@' && value.data[0] <= 'O' && is_text(value);
    case MAILDROP_SENDER:
    case MAILDROP_FULL_NAME:
    case MAILDROP_ENVELOPE_ID:
    case MAILDROP_VERP:
    case MAILDROP_ORCPT:
        return is_text(value);
    case MAILDROP_GATEWAY:
    case MAILDROP_VERIFY:
    case MAILDROP_TRACE:
    case MAILDROP_CONTENT:
    case MAILDROP_END:
        break;
    }
    return true;
}

enum parse_result maildrop_next(struct maildrop_reader *reader, struct cursor *at,
                                struct maildrop_record *record_r)
{
    const struct rule *rule;
    size_t len;

    if (cursor_at_end(*at))
        return PARSE_INCOMPLETE;
    rule = find_rule(*at->next);
    if (rule == NULL || !is_in_order(reader, rule))
        return PARSE_MALFORMED;
    if (cursor_left(*at) < HEAD)
        return PARSE_INCOMPLETE;
    len = layout_get_u32(at->next + 1);
    if (len > rule->max)
        return PARSE_TOO_BIG;
    if (cursor_left(*at) - HEAD < len)
        return PARSE_INCOMPLETE;
    *record_r = (struct maildrop_record){rule->type, span_of(at->next + HEAD, len)};
    if (!makes_sense(record_r))
        return PARSE_MALFORMED;
    if (rule->type == MAILDROP_RECIPIENT && ++reader->recipients > QUEUE_RECIPIENTS_MAX)
        return PARSE_TOO_BIG;
    reader->seen |= bit(rule);
    reader->phase = rule->phase;
    at->next += HEAD + len;
    return PARSE_DONE;
}

void maildrop_put(struct buf *to, enum maildrop_type type, struct span value)
{
    unsigned char len[4];

    layout_put_u32(len, (uint32_t)value.len);
    buf_put_char(to, (char)type);
    buf_put(to, span_of(len, sizeof(len)));
    buf_put(to, value);
}
