/* Tables of rules in order: parsing of the source and the walk (lib/map/rules.h). */
#include "lib/map/rules.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/lines.h"
#include "lib/map/lines.h"

#include <stdio.h>

#define NEST_MAX 100

struct rule {
    enum { RULE_RESULT, RULE_IF, RULE_ENDIF } kind;
    bool negated;
    bool expands; /* the result has a $ in it */
    unsigned line;
    size_t endif; /* of an IF: the index of its ENDIF */
    void *pattern;
    const char *result; /* arena's */
};

struct rules {
    const struct rule_syntax *syntax;
    struct arena *arena;
    char *name;
    struct map_stamp stamp;
    struct rule *rules;
    size_t count, capacity;
    unsigned hit_line; /* of the rule that matched last */
    /* While parsing: the IFs that wait for their ENDIF. */
    size_t open[NEST_MAX];
    size_t depth;
};

/* "regexp map /etc/x, line 3": Postfix's words for the place of a warning. */
#define PLACE_MAX 512
static const char *place_of(const struct rules *rules, unsigned line, char text[PLACE_MAX])
{
    (void)snprintf(text, PLACE_MAX, "%s map %s, line %u", rules->syntax->type, rules->name, line);
    return text;
}

static void skip_rule(const struct rules *rules, unsigned line, const struct error *why)
{
    char place[PLACE_MAX];

    log_warning("%s: %s%s", place_of(rules, line, place), why->text,
                why->kind == ERROR_PERMANENT ? "" : ": skipping this rule");
}

static struct rule *add_rule(struct rules *rules)
{
    if (rules->count == rules->capacity) {
        rules->capacity = rules->capacity == 0 ? 16 : rules->capacity * 2;
        rules->rules = mem_resize(rules->rules, rules->capacity, sizeof(struct rule));
    }
    rules->rules[rules->count] = (struct rule){0};
    return &rules->rules[rules->count++];
}

bool rule_take_negations(struct span *rest)
{
    bool negated = false;

    while (rest->len > 0 && rest->data[0] == '!') {
        negated = !negated;
        *rest = span_trim(span_skip(*rest, 1));
    }
    return negated;
}

static bool take_pattern(struct rules *rules, struct rule *rule, struct span *rest,
                         size_t *groups_r, struct error *err)
{
    *groups_r = 0;
    rule->negated = rule_take_negations(rest);
    rule->pattern = rules->syntax->compile(rest, rule->kind == RULE_IF, groups_r, err);
    if (rule->pattern == NULL)
        return false;
    if (rest->len > 0 && !is_space(rest->data[0]) && rule->kind != RULE_IF) {
        error_set(err, ERROR_MALFORMED, "unexpected text \"%.*s\" after the pattern",
                  SPAN_PRINTF(*rest));
        return false;
    }
    *rest = span_trim(*rest);
    return true;
}

/* Undo the last add_rule. */
static void drop_rule(struct rules *rules)
{
    struct rule *rule = &rules->rules[--rules->count];

    if (rule->pattern != NULL)
        rules->syntax->free(rule->pattern);
}

static void parse_result_rule(struct rules *rules, struct span line, unsigned number)
{
    struct error err = {0};
    struct rule *rule = add_rule(rules);
    char place[PLACE_MAX];
    size_t groups;

    rule->line = number;
    rule->result = "";
    if (take_pattern(rules, rule, &line, &groups, &err)) {
        rule->result = arena_text(rules->arena, line);
        rule->expands = rules->syntax->delimited && strchr(rule->result, '$') != NULL;
        if (line.len == 0 && !rules->syntax->delimited)
            error_set(&err, ERROR_MALFORMED, "no lookup result");
        else if (line.len == 0)
            log_warning("%s: no replacement text: using empty string",
                        place_of(rules, number, place));
        if (err.kind == ERROR_NONE && rule->expands)
            (void)!rule_result_check(rule->result, groups, rule->negated, &err);
    }
    if (err.kind != ERROR_NONE) {
        skip_rule(rules, number, &err);
        drop_rule(rules);
    }
}

/* More than one word cannot be a network; with delimiters it is clear where a pattern ends. */
static void warn_or_refuse_extra(const struct rules *rules, unsigned number, struct span line,
                                 struct span extra, struct error *err)
{
    char place[PLACE_MAX];

    if (!rules->syntax->delimited) {
        (void)rule_take_negations(&line);
        error_set(err, ERROR_MALFORMED, "bad %s in \"%.*s\"",
                  span_find(line, '/') < line.len ? "mask value" : "address pattern",
                  SPAN_PRINTF(line));
        return;
    }
    log_warning("%s: ignoring extra text after IF statement: \"%.*s\"",
                place_of(rules, number, place), SPAN_PRINTF(extra));
    log_warning("%s: do not prepend whitespace to statements between IF and ENDIF",
                place_of(rules, number, place));
}

static void parse_if(struct rules *rules, struct span line, unsigned number)
{
    struct error err = {0};
    struct rule *rule = add_rule(rules);
    struct span rest = line;
    size_t groups;

    rule->kind = RULE_IF;
    rule->line = number;
    if (rules->depth == NEST_MAX)
        error_set(&err, ERROR_MALFORMED, "more than %d nested IFs", NEST_MAX);
    else if (take_pattern(rules, rule, &rest, &groups, &err) && rest.len > 0)
        warn_or_refuse_extra(rules, number, line, rest, &err);
    if (err.kind != ERROR_NONE) {
        skip_rule(rules, number, &err);
        drop_rule(rules);
    } else {
        rules->open[rules->depth++] = rules->count - 1;
    }
}

/* An ENDIF that ends nothing, or with more than the word; false: it is none. */
static bool is_good_endif(const struct rules *rules, struct span extra, unsigned number)
{
    bool strict = !rules->syntax->delimited;
    char place[PLACE_MAX];

    if (extra.len > 0 && strict) {
        log_warning("%s: garbage after ENDIF: skipping this rule", place_of(rules, number, place));
        return false;
    }
    if (rules->depth == 0)
        log_warning("%s: %s", place_of(rules, number, place),
                    strict ? "ENDIF without IF: skipping this rule"
                           : "ignoring ENDIF without matching IF");
    else if (extra.len > 0)
        log_warning("%s: ignoring extra text after ENDIF", place_of(rules, number, place));
    return rules->depth > 0;
}

static void parse_endif(struct rules *rules, struct span line, unsigned number)
{
    if (!is_good_endif(rules, span_trim(line), number))
        return;
    rules->rules[rules->open[--rules->depth]].endif = rules->count;
    add_rule(rules)->kind = RULE_ENDIF;
}

static bool take_keyword(struct span *line, const char *keyword)
{
    size_t len = strlen(keyword);

    if (!span_starts_with_nocase(*line, keyword) || (line->len > len && is_alnum(line->data[len])))
        return false;
    *line = span_trim(span_skip(*line, len));
    return true;
}

static void parse_rule(struct rules *rules, struct span line, unsigned number)
{
    char place[PLACE_MAX];

    line = span_trim(line);
    if (take_keyword(&line, "if"))
        parse_if(rules, line, number);
    else if (take_keyword(&line, "endif"))
        parse_endif(rules, line, number);
    else if (rules->syntax->delimited && is_alnum(line.data[0]))
        log_warning("%s: ignoring unrecognized request", place_of(rules, number, place));
    else
        parse_result_rule(rules, line, number);
}

static struct rules *create(const struct rule_syntax *syntax, const char *name)
{
    struct rules *rules = mem_new(struct rules);

    rules->syntax = syntax;
    rules->arena = arena_create();
    rules->name = mem_text(name);
    rules->stamp = MAP_STAMP_NONE;
    return rules;
}

/* An IF without ENDIF reaches to the end of the table. */
static void close_ifs(struct rules *rules)
{
    char place[PLACE_MAX];

    while (rules->depth > 0) {
        struct rule *opened = &rules->rules[rules->open[--rules->depth]];

        log_warning("%s: IF has no matching ENDIF", place_of(rules, opened->line, place));
        opened->endif = rules->count;
    }
}

static bool parse_lines(struct rules *rules, struct map_lines *lines, struct error *err)
{
    struct span line;

    while (map_lines_next(lines, &line, err))
        parse_rule(rules, line, lines->first);
    close_ifs(rules);
    return err->kind == ERROR_NONE;
}

struct rules *rules_parse(const struct rule_syntax *syntax, const char *name, struct span text)
{
    struct rules *rules = create(syntax, name);
    struct map_lines lines;
    struct error err = {0};

    map_lines_start_text(&lines, text, name);
    ASSERT(parse_lines(rules, &lines, &err));
    map_lines_release(&lines);
    return rules;
}

/* One item, with its braces: else it would not be clear where a rule ends, and half of one would be none. */
static bool parse_item(struct rules *rules, const char *item, unsigned number, struct error *err)
{
    struct span text = span_trim(span_text(item));
    const char *fault =
        span_starts_with(text, "{") ? braces_fault(text) : "no '{' at start of text";
    struct span line = braces_strip(text);

    if (fault != NULL) {
        error_set(err, ERROR_MALFORMED, "%s map: %s in \"%s\"", rules->syntax->type, fault, item);
        return false;
    }
    if (line.len > 0 && line.data[0] != '#')
        parse_rule(rules, line, number);
    return true;
}

/* "{ {rule}, {rule} }": each item is a line. */
static struct rules *parse_inline(const struct rule_syntax *syntax, const char *name,
                                  struct error *err)
{
    struct strlist items = STRLIST_EMPTY;
    struct rules *rules = NULL;
    bool done;

    if (map_list_items(name, &items, err)) {
        rules = create(syntax, name);
        done = true;
        for (size_t i = 0; i < items.count && done; i++)
            done = parse_item(rules, items.items[i], (unsigned)i + 1, err);
        close_ifs(rules);
        if (!done) {
            rules_free(rules);
            rules = NULL;
        }
    }
    strlist_release(&items);
    return rules;
}

struct rules *rules_open(const struct rule_syntax *syntax, const char *name, struct error *err)
{
    struct map_lines lines;
    struct map_stamp stamp;
    struct rules *rules;

    if (name[0] == '{')
        return parse_inline(syntax, name, err);
    if (!map_stamp_open(&stamp, name, err))
        return NULL;
    rules = create(syntax, name);
    rules->stamp = stamp;
    map_lines_start(&lines, stamp.fd, name);
    if (!parse_lines(rules, &lines, err)) {
        rules_free(rules);
        rules = NULL;
    }
    map_lines_release(&lines);
    return rules;
}

void rules_free(void *table)
{
    struct rules *rules = table;

    while (rules->count > 0)
        drop_rule(rules);
    mem_free(rules->rules);
    fd_close(&rules->stamp.fd);
    mem_free(rules->name);
    arena_free(&rules->arena);
    mem_free(rules);
}

bool rules_changed(const void *table)
{
    const struct rules *rules = table;

    return map_stamp_changed(&rules->stamp);
}

/* Whether the pattern says what the rule waits for. */
static bool holds(const struct rules *rules, const struct rule *rule, const struct rule_key *key,
                  struct rule_groups *groups_r)
{
    struct error err = {.kind = ERROR_NONE};
    char place[PLACE_MAX];
    bool matches;

    if (rules->syntax->concerns != NULL && !rules->syntax->concerns(rule->pattern, key))
        return false;
    matches = rules->syntax->matches(rule->pattern, key, groups_r, &err) != rule->negated;
    if (matches && err.kind == ERROR_NONE && rules->syntax->agrees != NULL)
        matches = rules->syntax->agrees(rule->pattern, key, &err);
    if (err.kind != ERROR_NONE) {
        log_warning("%s: %s", place_of(rules, rule->line, place), err.text);
        return false;
    }
    return matches;
}

unsigned rules_hit_line(const void *table)
{
    const struct rules *rules = table;

    return rules->hit_line;
}

/* May this rule, which holds, answer? */
static bool may_answer(const struct rules *rules, const struct rule *rule, int flags)
{
    char place[PLACE_MAX];

    if ((flags & MAP_NO_SUBSTITUTION) == 0 || !rule->expands ||
        !rule_result_substitutes(rule->result))
        return true;
    log_warning("%s: regular expression substitution is not allowed: skipping this rule",
                place_of(rules, rule->line, place));
    return false;
}

enum map_result rules_lookup(void *table, struct span text, int flags, struct buf *value_r,
                             struct error *err)
{
    struct rules *rules = table;
    struct rule_key key = {.text = text};
    struct rule_groups groups;

    if (rules->syntax->prepare != NULL && !rules->syntax->prepare(&key))
        return MAP_ABSENT;
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        bool hit;

        if (rule->kind == RULE_ENDIF)
            continue;
        groups.count = 0;
        hit = holds(rules, rule, &key, &groups);
        if (hit && rule->kind == RULE_RESULT && may_answer(rules, rule, flags)) {
            rules->hit_line = rule->line;
            return rule->expands ? rule_result_expand(rule->result, text, &groups, value_r, err)
                                 : map_answer(span_text(rule->result), value_r, err);
        }
        if (!hit && rule->kind == RULE_IF)
            i = rule->endif;
    }
    return MAP_ABSENT;
}
