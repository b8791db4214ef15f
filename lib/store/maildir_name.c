/* Names of message files: "unique,S=size,W=size with CRLF:2,FLAGSabc". */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include <stdio.h>

/* In the order in which the letters stand in a name. */
static const struct letter {
    char letter;
    uint32_t flag;
} letters[] = {
    {'D', FLAG_DRAFT   },
    {'F', FLAG_FLAGGED },
    {'R', FLAG_ANSWERED},
    {'S', FLAG_SEEN    },
    {'T', FLAG_DELETED },
};

struct span maildir_base(struct span name)
{
    return span_first(name, span_find(name, ':'));
}

/* The name without sizes and flags: what stays the same when others add those. */
static struct span unique_part(struct span name)
{
    struct span base = maildir_base(name);

    return span_first(base, span_find(base, ','));
}

struct span maildir_identity(const struct index_message *message)
{
    return message->guid.len > 0 ? message->guid : unique_part(message->name);
}

/* Programs name a message by the time at which they put it there, and so do we for copies. */
uint64_t maildir_save_date(const struct index_message *message)
{
    uint64_t seconds;

    return span_to_u64(span_first(message->name, span_find(message->name, '.')), UINT32_MAX,
                       &seconds)
               ? seconds
               : 0;
}

static struct span letters_of(struct span name)
{
    struct span info = span_skip(name, maildir_base(name).len);

    return span_starts_with(info, ":2,") ? span_skip(info, 3) : SPAN_EMPTY;
}

static uint32_t flag_of(char c)
{
    for (size_t i = 0; i < ARRAY_LENGTH(letters); i++) {
        if (letters[i].letter == c)
            return letters[i].flag;
    }
    return 0;
}

uint32_t maildir_flags(struct span name, uint32_t *keywords_r)
{
    struct span info = letters_of(name);
    uint32_t flags = 0;

    *keywords_r = 0;
    for (size_t i = 0; i < info.len; i++) {
        if (info.data[i] >= 'a' && info.data[i] <= 'z')
            *keywords_r |= 1U << (info.data[i] - 'a');
        else
            flags |= flag_of(info.data[i]);
    }
    return flags;
}

static uint64_t number_behind(struct span base, const char *mark)
{
    const char *at = memmem(base.data, base.len, mark, strlen(mark));
    struct span digits;
    uint64_t number;

    if (at == NULL)
        return INDEX_UNKNOWN;
    digits = span_skip(base, (size_t)(at - base.data) + strlen(mark));
    digits = span_first(digits, span_find(digits, ','));
    return span_to_u64(digits, INT64_MAX, &number) ? number : INDEX_UNKNOWN;
}

void maildir_sizes(struct span name, uint64_t *size_r, uint64_t *virtual_size_r)
{
    struct span base = maildir_base(name);

    *size_r = number_behind(base, ",S=");
    *virtual_size_r = number_behind(base, ",W=");
}

/* Letters of others ('P', passed) have their place among ours: all are in the order of ASCII. */
bool maildir_flagged_name(struct span name, uint32_t flags, uint32_t keywords,
                          char flagged[MAILDIR_NAME_MAX + 1])
{
    struct span base = maildir_base(name), info = letters_of(name);
    bool present[128] = {false};
    size_t len;

    for (size_t i = 0; i < info.len; i++) {
        if (info.data[i] >= 'A' && info.data[i] <= 'Z' && flag_of(info.data[i]) == 0)
            present[(unsigned char)info.data[i]] = true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(letters); i++)
        present[(unsigned char)letters[i].letter] = (flags & letters[i].flag) != 0;
    for (int i = 0; i < KEYWORDS_MAX; i++)
        present['a' + i] = (keywords & 1U << i) != 0;
    if (base.len + strlen(":2,") > MAILDIR_NAME_MAX)
        return false;
    memcpy(flagged, base.data, base.len);
    memcpy(flagged + base.len, ":2,", strlen(":2,"));
    len = base.len + strlen(":2,");
    for (size_t c = 'A'; c <= 'z'; c++) {
        if (!present[c])
            continue;
        if (len == MAILDIR_NAME_MAX)
            return false;
        flagged[len++] = (char)c;
    }
    flagged[len] = '\0';
    return true;
}

void maildir_path(const struct index_message *message, char path[MAILDIR_NAME_MAX + 8])
{
    snprintf(path, MAILDIR_NAME_MAX + 8, "%s/%.*s", message->where == INDEX_IN_NEW ? "new" : "cur",
             SPAN_PRINTF(message->name));
}
