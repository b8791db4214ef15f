/* The criteria of SORT: RFC 5256 section 5, RFC 5957. */
#include "lib/base/base.h"

#include "imapd/sort.h"

static const char *const names[SORT_KINDS] = {
    [SORT_ARRIVAL] = "ARRIVAL",
    [SORT_CC] = "CC",
    [SORT_DATE] = "DATE",
    [SORT_DISPLAY_FROM] = "DISPLAYFROM",
    [SORT_DISPLAY_TO] = "DISPLAYTO",
    [SORT_FROM] = "FROM",
    [SORT_SIZE] = "SIZE",
    [SORT_SUBJECT] = "SUBJECT",
    [SORT_TO] = "TO",
};

static void add_criterion(struct sort_program *program, enum sort_kind kind, bool reverse)
{
    for (size_t i = 0; i < program->count; i++) {
        if (program->criteria[i].kind == kind)
            return;
    }
    program->criteria[program->count++] = (struct sort_criterion){kind, reverse};
}

/* ["REVERSE" SP] sort-key */
static bool take_criterion(struct cursor *at, struct sort_program *program)
{
    bool reverse = parse_word(at, "REVERSE");

    if (reverse && !parse_space(at))
        return false;
    for (enum sort_kind kind = 0; kind < SORT_KINDS; kind++) {
        if (parse_word(at, names[kind])) {
            add_criterion(program, kind, reverse);
            return true;
        }
    }
    return false;
}

bool sort_parse(struct cursor *at, struct sort_program *program_r)
{
    *program_r = (struct sort_program){0};
    if (!parse_space(at) || !cursor_take(at, '('))
        return false;
    do {
        if (!take_criterion(at, program_r))
            return false;
    } while (parse_more(at));
    return cursor_take(at, ')');
}
