/* "/pattern/flags" (lib/map/delimited.h). */
#include "lib/map/delimited.h"

bool delimited_take(struct span *rest, char stop, struct span *pattern_r, struct span *flags_r,
                    struct error *err)
{
    size_t end = 1;
    size_t past;
    char delimiter;

    if (rest->len == 0) {
        error_set(err, ERROR_MALFORMED, "no regexp");
        return false;
    }
    delimiter = rest->data[0];
    while (end < rest->len && rest->data[end] != delimiter)
        end += rest->data[end] == '\\' ? 2 : 1;
    if (end >= rest->len) {
        error_set(err, ERROR_MALFORMED, "no closing regexp delimiter \"%c\"", delimiter);
        return false;
    }
    past = end + 1;
    while (past < rest->len && !is_space(rest->data[past]) && rest->data[past] != stop)
        past++;
    *pattern_r = span_of(rest->data + 1, end - 1);
    *flags_r = span_of(rest->data + end + 1, past - end - 1);
    *rest = span_skip(*rest, past);
    return true;
}
