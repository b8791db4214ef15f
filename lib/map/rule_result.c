/* What a rule answers: text with "$1", "${1}", "$(1)" and "$$" (lib/map/rules.h). */
#include "lib/map/rules.h"

/*
 * One element of a result: "$$", "$n", "${n}", "$(n)" or text up to the next $.
 *
 *  number_r  0 for text, else the group
 *  text_r    the text to copy when number_r is 0
 */
static bool next_element(struct span *rest, size_t *number_r, struct span *text_r,
                         struct error *err)
{
    struct span name = span_skip(*rest, 1);
    char closing = '\0';
    uint64_t number;
    size_t len = 0;

    *number_r = 0;
    *text_r = span_first(*rest, span_find(*rest, '$'));
    if (text_r->len > 0) {
        *rest = span_skip(*rest, text_r->len);
        return true;
    }
    if (name.len > 0 && name.data[0] == '$') {
        *text_r = span_first(name, 1);
        *rest = span_skip(name, 1);
        return true;
    }
    if (name.len > 0 && (name.data[0] == '{' || name.data[0] == '(')) {
        closing = name.data[0] == '{' ? '}' : ')';
        name = span_skip(name, 1);
        len = span_find(name, closing);
    } else {
        while (len < name.len && (is_alnum(name.data[len]) || name.data[len] == '_'))
            len++;
    }
    if (len == 0 || (closing != '\0' && len == name.len)) {
        error_set(err, ERROR_MALFORMED, "bad replacement syntax");
        return false;
    }
    if (!span_to_u64(span_first(name, len), 1000000, &number)) {
        error_set(err, ERROR_MALFORMED, "non-numeric replacement index \"%.*s\"", (int)len,
                  name.data);
        return false;
    }
    *number_r = (size_t)number;
    if (number == 0) {
        error_set(err, ERROR_MALFORMED, "out of range replacement index \"0\"");
        return false;
    }
    *rest = span_skip(name, len + (closing != '\0' ? 1 : 0));
    return true;
}

bool rule_result_check(const char *result, size_t groups, bool negated, struct error *err)
{
    struct span rest = span_text(result);

    while (rest.len > 0) {
        struct span text;
        size_t number;

        if (!next_element(&rest, &number, &text, err))
            return false;
        if (number > 0 && negated) {
            error_set(err, ERROR_MALFORMED, "$number found in negative match replacement text");
            return false;
        }
        if (number > groups) {
            error_set(err, ERROR_MALFORMED, "out of range replacement index \"%zu\"", number);
            return false;
        }
    }
    return true;
}

bool rule_result_substitutes(const char *result)
{
    struct span rest = span_text(result);
    struct error err = {0};
    struct span text;
    size_t number = 0;

    while (number == 0 && rest.len > 0 && next_element(&rest, &number, &text, &err))
        continue;
    return number > 0;
}

enum map_result rule_result_expand(const char *result, struct span key,
                                   const struct rule_groups *groups, struct buf *value_r,
                                   struct error *err)
{
    struct span rest = span_text(result);
    enum map_result answer = MAP_FOUND;

    while (rest.len > 0 && answer == MAP_FOUND) {
        struct span text;
        size_t number;

        ASSERT(next_element(&rest, &number, &text, err)); /* checked when it was read */
        if (number > 0 &&
            (number >= groups->count || groups->at[number].start >= groups->at[number].end))
            continue;
        if (number > 0)
            text = span_of(key.data + groups->at[number].start,
                           groups->at[number].end - groups->at[number].start);
        answer = map_answer(text, value_r, err);
    }
    return answer;
}
