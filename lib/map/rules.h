/*
 * Tables whose lines are rules, tried in order: regexp, pcre and cidr. What they share is here: the
 * file or inline source, results, `!`, if/endif and the substitution of $1. Sources: Postfix
 * regexp_table(5), pcre_table(5), cidr_table(5).
 */
#ifndef BUZON_LIB_MAP_RULES_H
#define BUZON_LIB_MAP_RULES_H

#include "lib/map/cidr.h"
#include "lib/map/map_type.h"

#define RULE_GROUPS_MAX 100 /* group 0 is the whole match */

/* Where the groups of a pattern matched: offsets into the key; start > end for one that did not. */
struct rule_groups {
    size_t count; /* with group 0; 0: the pattern has none to offer */
    struct {
        size_t start, end;
    } at[RULE_GROUPS_MAX];
};

struct rule_key {
    struct span text; /* with a NUL behind its end */
    struct cidr address;
};

struct rule_syntax {
    const char *type; /* for log lines: "regexp" */
    bool delimited;   /* patterns stand between delimiters, so a rule never starts with a letter;
                         else they are one word, and an IF or ENDIF with more than it is void */
    /*
     * compile - the pattern at the front of *rest, which is moved behind it; NULL and *err: the rule
     * is skipped (PERMANENT: a library's own words say why). The text is borrowed for the call.
     * *groups_r: how many $n it offers. An IF has one pattern, whatever a rule may have.
     */
    void *(*compile)(struct span *rest, bool is_if, size_t *groups_r, struct error *err);
    /* prepare - what every rule needs of a key; false: no rule can match it. NULL: the text alone. */
    bool (*prepare)(struct rule_key *key);
    /* concerns - false: the pattern says nothing about this key, also when it is negated; NULL: it does */
    bool (*concerns)(const void *pattern, const struct rule_key *key);
    /* matches - groups_r is filled when it does; when the engine fails on this key, false and *err,
     * which is logged and counts as no match */
    bool (*matches)(const void *pattern, const struct rule_key *key, struct rule_groups *groups_r,
                    struct error *err);
    /* agrees - what a rule wants besides, also when its pattern is negated; as `matches`. NULL: nothing */
    bool (*agrees)(const void *pattern, const struct rule_key *key, struct error *err);
    void (*free)(void *pattern);
};

struct rules;

/* rules_lookup, rules_changed, rules_free - for struct map_type */
enum map_result rules_lookup(void *rules, struct span key, int flags, struct buf *value_r,
                             struct error *err) MUST_CHECK;
bool rules_changed(const void *rules);
unsigned rules_hit_line(const void *rules);
void rules_free(void *rules);

/* rules_open - `name` is a path or "{ {rule} {rule} }"; bad rules are logged and skipped, as Postfix
 * does; NULL and *err when the source cannot be read */
struct rules *rules_open(const struct rule_syntax *syntax, const char *name,
                         struct error *err) MUST_CHECK;

/* rules_parse - the same from text; for rules_open and tests */
struct rules *rules_parse(const struct rule_syntax *syntax, const char *name, struct span text)
    __attribute__((returns_nonnull));

/* rule_take_negations - past the ! before a pattern, and white space between them; true: they are odd, and
 * turn its sense round */
bool rule_take_negations(struct span *rest);

/*
 * rule_result_check - every $n of a result is one of the pattern's groups; MALFORMED when it is not, is
 * no number, or stands behind a negated pattern, which has none
 */
bool rule_result_check(const char *result, size_t groups, bool negated,
                       struct error *err) MUST_CHECK;
/* rule_result_substitutes - a checked result has an $n */
bool rule_result_substitutes(const char *result);
/* rule_result_expand - put what the groups matched in the place of each $n of a checked result */
enum map_result rule_result_expand(const char *result, struct span key,
                                   const struct rule_groups *groups, struct buf *value_r,
                                   struct error *err) MUST_CHECK;

extern const struct rule_syntax rule_syntax_regexp, rule_syntax_pcre, rule_syntax_cidr;

#endif
