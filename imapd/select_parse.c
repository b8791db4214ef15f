/* The grammar of what stands behind the mailbox of SELECT. */
#include "lib/base/base.h"

#include "imapd/select.h"

#include "imapd/parse.h"

#define MODSEQ_MAX INT64_MAX /* RFC 7162 section 7, mod-sequence-value */

/* Without "*" and "$": both sides must mean the same. */
static bool take_known_set(struct arena *arena, struct cursor *at, struct set *set_r)
{
    if (!set_parse(arena, at, set_r) || set_r->saved)
        return false;
    for (size_t i = 0; i < set_r->count; i++) {
        if (set_r->ranges[i].low == UINT32_MAX || set_r->ranges[i].high == UINT32_MAX)
            return false;
    }
    return true;
}

/* "(" known-sequence-set SP known-uid-set ")" */
static bool take_match_data(struct arena *arena, struct cursor *at, struct resync *resync)
{
    return take_known_set(arena, at, &resync->numbers) && parse_space(at) &&
           take_known_set(arena, at, &resync->numbers_are) && cursor_take(at, ')');
}

/* "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"; clients that know nothing
 * yet write zeros. */
static bool take_resync(struct arena *arena, struct cursor *at, struct resync *resync)
{
    uint64_t uidvalidity;

    if (!parse_space(at) || !cursor_take(at, '(') || !parse_number(at, UINT32_MAX, &uidvalidity) ||
        !parse_space(at) || !parse_number(at, MODSEQ_MAX, &resync->modseq))
        return false;
    resync->uidvalidity = (uint32_t)uidvalidity;
    if (cursor_take(at, ')'))
        return true;
    if (!parse_space(at))
        return false;
    if (!cursor_take(at, '(')) {
        if (!take_known_set(arena, at, &resync->known))
            return false;
        if (cursor_take(at, ')'))
            return true;
        if (!parse_space(at) || !cursor_take(at, '('))
            return false;
    }
    return take_match_data(arena, at, resync) && cursor_take(at, ')');
}

bool select_parameters_parse(struct arena *arena, struct cursor *at,
                             struct select_parameters *parameters_r)
{
    *parameters_r = (struct select_parameters){0};
    if (parse_end(at))
        return true;
    if (!parse_space(at) || !cursor_take(at, '('))
        return false;
    do {
        if (parse_word(at, "CONDSTORE")) {
            parameters_r->condstore = true;
        } else if (parse_word(at, "QRESYNC") && !parameters_r->qresync) {
            parameters_r->qresync = true;
            if (!take_resync(arena, at, &parameters_r->resync))
                return false;
        } else {
            return false;
        }
    } while (parse_more(at));
    return cursor_take(at, ')') && parse_end(at);
}
