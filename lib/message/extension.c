/* Address extensions, user+ext (lib/message/address.h). */
#include "lib/message/address.h"

static bool is_indivisible(const struct extension_rule *rule, struct span localpart)
{
    const char *const whole[] = {"postmaster", "mailer-daemon", rule->double_bounce};

    for (size_t i = 0; i < ARRAY_LENGTH(whole); i++) {
        if (span_equal_text_nocase(localpart, whole[i]))
            return true;
    }
    return !rule->splits_owner_request && strchr(rule->delimiters, '-') != NULL &&
           (span_starts_with_nocase(localpart, "owner-") ||
            span_ends_with_nocase(localpart, "-request"));
}

bool address_split_extension(struct extension_rule rule, struct span localpart, struct span *user_r,
                             struct span *extension_r)
{
    size_t at = 0;

    *user_r = localpart;
    *extension_r = SPAN_EMPTY;
    if (*rule.delimiters == '\0' || is_indivisible(&rule, localpart))
        return false;
    while (at < localpart.len &&
           (localpart.data[at] == '\0' || strchr(rule.delimiters, localpart.data[at]) == NULL))
        at++;
    if (at == 0 || at == localpart.len)
        return false;
    *user_r = span_first(localpart, at);
    *extension_r = span_skip(localpart, at);
    return true;
}
