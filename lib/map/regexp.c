/* regexp: POSIX regular expressions in order (regexp_table(5)). */
#include "lib/map/delimited.h"
#include "lib/map/rules.h"

#include <regex.h>

/* "/first/!/second/": wants besides that `second` does not match; each further ! turns that round. */
struct regexp {
    regex_t first;
    regex_t second;
    bool has_second;
    bool wants_second; /* it is to match, too */
};

static bool read_flags(struct span flags, int *options_r, struct error *err)
{
    *options_r = REG_EXTENDED | REG_ICASE;
    for (size_t i = 0; i < flags.len; i++) {
        switch (flags.data[i]) {
        case 'i':
            *options_r ^= REG_ICASE;
            break;
        case 'm':
            *options_r ^= REG_NEWLINE;
            break;
        case 'x':
            *options_r ^= REG_EXTENDED;
            break;
        default:
            error_set(err, ERROR_MALFORMED, "unknown regexp option \"%c\"", flags.data[i]);
            return false;
        }
    }
    return true;
}

static bool compile_one(struct span *rest, int extra, regex_t *regex_r, struct error *err)
{
    struct span pattern;
    struct span flags;
    int options;
    int failure;
    char *text;

    if (!delimited_take(rest, '!', &pattern, &flags, err) || !read_flags(flags, &options, err))
        return false;
    text = mem_span(pattern);
    failure = regcomp(regex_r, text, options | extra);
    mem_free(text);
    if (failure != 0) {
        char reason[256];

        (void)regerror(failure, regex_r, reason, sizeof(reason));
        error_set(err, ERROR_PERMANENT, "%s", reason);
        return false;
    }
    return true;
}

static void free_regexp(void *pattern)
{
    struct regexp *regexp = pattern;

    regfree(&regexp->first);
    if (regexp->has_second)
        regfree(&regexp->second);
    mem_free(regexp);
}

static void *compile(struct span *rest, bool is_if, size_t *groups_r, struct error *err)
{
    struct regexp *regexp = mem_new(struct regexp);

    if (!compile_one(rest, 0, &regexp->first, err)) {
        mem_free(regexp);
        return NULL;
    }
    *groups_r = regexp->first.re_nsub;
    if (*groups_r >= RULE_GROUPS_MAX) {
        error_set(err, ERROR_MALFORMED, "more than %d groups", RULE_GROUPS_MAX - 1);
        free_regexp(regexp);
        return NULL;
    }
    if (!is_if && rest->len > 0 && rest->data[0] == '!') {
        regexp->wants_second = !rule_take_negations(rest);
        if (!compile_one(rest, REG_NOSUB, &regexp->second, err)) {
            free_regexp(regexp);
            return NULL;
        }
        regexp->has_second = true;
    }
    return regexp;
}

static void fail(int failure, const regex_t *regex, struct error *err)
{
    char reason[256];

    (void)regerror(failure, regex, reason, sizeof(reason));
    error_set(err, ERROR_TEMPORARY, "%s", reason);
}

static bool matches(const void *pattern, const struct rule_key *key, struct rule_groups *groups_r,
                    struct error *err)
{
    const struct regexp *regexp = pattern;
    regmatch_t found[RULE_GROUPS_MAX];
    size_t count = regexp->first.re_nsub + 1;
    int result = regexec(&regexp->first, key->text.data, count, found, 0);

    if (result != 0) {
        if (result != REG_NOMATCH)
            fail(result, &regexp->first, err);
        return false;
    }
    groups_r->count = count;
    for (size_t i = 0; i < count; i++) {
        bool matched = found[i].rm_so >= 0;

        groups_r->at[i].start = matched ? (size_t)found[i].rm_so : 0;
        groups_r->at[i].end = matched ? (size_t)found[i].rm_eo : 0;
    }
    return true;
}

static bool agrees(const void *pattern, const struct rule_key *key, struct error *err)
{
    const struct regexp *regexp = pattern;
    int result;

    if (!regexp->has_second)
        return true;
    result = regexec(&regexp->second, key->text.data, 0, NULL, 0);
    if (result != 0 && result != REG_NOMATCH)
        fail(result, &regexp->second, err);
    return (result == 0) == regexp->wants_second;
}

const struct rule_syntax rule_syntax_regexp = {
    .type = "regexp",
    .delimited = true,
    .compile = compile,
    .matches = matches,
    .agrees = agrees,
    .free = free_regexp,
};

static void *open_table(const struct config *config UNUSED, const char *name, struct error *err)
{
    return rules_open(&rule_syntax_regexp, name, err);
}

const struct map_type map_type_regexp = {
    .name = "regexp",
    .traits = MAP_FILES | MAP_PATTERN,
    .suffix = "",
    .open = open_table,
    .lookup = rules_lookup,
    .changed = rules_changed,
    .hit_line = rules_hit_line,
    .close = rules_free,
};
