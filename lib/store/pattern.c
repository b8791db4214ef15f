/*
 * Patterns of mailbox names, as sets of places. A place is an octet or wildcard of the pattern; the set
 * of those that what was read of a name can have come to is a few machine words, and each octet of the
 * name moves all of them at once.
 */
#include "lib/base/base.h"

#include "lib/store/pattern.h"

#include "lib/store/name.h"

/* Wildcards side by side are one; with more other octets than a name can have, also when it is written in
 * UTF-8, it stands for none. */
#define OCTETS_MAX (MAILBOX_NAME_MAX + MAILBOX_NAME_MAX / 2)
#define PLACES_MAX (2 * OCTETS_MAX + 2)
#define WORD_BITS  64
#define WORDS      (PLACES_MAX / WORD_BITS + 1)
#define INBOX_LEN  5

struct places {
    uint64_t words[WORDS];
};

struct mailbox_pattern {
    char separator;
    bool impossible;
    size_t length;             /* places before the end */
    struct places octets[256]; /* where each octet stands */
    struct places any, level;  /* where '*' and '%' stand */
};

static void add_place(struct places *set, size_t place)
{
    set->words[place / WORD_BITS] |= UINT64_C(1) << place % WORD_BITS;
}

static bool has_place(const struct places *set, size_t place)
{
    return (set->words[place / WORD_BITS] >> place % WORD_BITS & 1) != 0;
}

static bool is_wildcard(char c)
{
    return c == '*' || c == '%';
}

/* A run of wildcards: '*' when one of them is. */
static char take_wildcards(struct span *text)
{
    char kind = '%';

    while (text->len > 0 && is_wildcard(text->data[0])) {
        if (text->data[0] == '*')
            kind = '*';
        *text = span_skip(*text, 1);
    }
    return kind;
}

struct mailbox_pattern *mailbox_pattern_compile(struct arena *arena, struct span text,
                                                char separator)
{
    struct mailbox_pattern *pattern = arena_new(arena, struct mailbox_pattern);
    size_t octets = 0;

    pattern->separator = separator;
    while (text.len > 0 && !pattern->impossible) {
        if (is_wildcard(text.data[0])) {
            char kind = take_wildcards(&text);
            add_place(kind == '*' ? &pattern->any : &pattern->level, pattern->length++);
        } else if (octets++ == OCTETS_MAX) {
            pattern->impossible = true;
        } else {
            add_place(&pattern->octets[(unsigned char)text.data[0]], pattern->length++);
            text = span_skip(text, 1);
        }
    }
    return pattern;
}

/* A wildcard may also stand for nothing: whoever is at it is behind it too. */
static void pass_wildcards(const struct mailbox_pattern *pattern, struct places *at)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < WORDS; i++) {
        uint64_t passed = at->words[i] & (pattern->any.words[i] | pattern->level.words[i]);
        at->words[i] |= passed << 1 | carry;
        carry = passed >> (WORD_BITS - 1);
    }
}

static void move(const struct mailbox_pattern *pattern, struct places *at, char c, bool any_case)
{
    const struct places *exact = &pattern->octets[(unsigned char)c];
    const struct places *other = any_case ? &pattern->octets[(unsigned char)to_lower(c)] : exact;
    bool in_level = c != pattern->separator;
    uint64_t carry = 0;

    for (size_t i = 0; i < WORDS; i++) {
        uint64_t here = at->words[i], stepped = here & (exact->words[i] | other->words[i]);
        at->words[i] = stepped << 1 | carry | (here & pattern->any.words[i]) |
                       (in_level ? here & pattern->level.words[i] : 0);
        carry = stepped >> (WORD_BITS - 1);
    }
    pass_wildcards(pattern, at);
}

bool mailbox_pattern_match(const struct mailbox_pattern *pattern, const char *name)
{
    struct places at = {{1}};
    bool is_inbox = strncmp(name, "INBOX", INBOX_LEN) == 0 &&
                    (name[INBOX_LEN] == '\0' || name[INBOX_LEN] == pattern->separator);

    if (pattern->impossible)
        return false;
    pass_wildcards(pattern, &at);
    for (size_t i = 0; name[i] != '\0'; i++)
        move(pattern, &at, name[i], is_inbox && i < INBOX_LEN);
    return has_place(&at, pattern->length);
}
