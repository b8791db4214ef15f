/* The languages of POP3's replies. */
#include "lib/base/base.h"

#include "lib/sasl/pop3_lang.h"

/* A range such as en-GB means the language that is left when subtags are taken away: RFC 4647 section 3.4. */
const char *pop3_lang(struct span argument)
{
    struct span range = span_trim(argument);

    if (range.len == 0)
        return "+OK Language listing follows:\r\nen English\r\ni-default English\r\n.";
    if (span_equal_text_nocase(range, "i-default"))
        return "+OK i-default Language changed.";
    if (span_equal_text(range, "*") || span_equal_text_nocase(range, "en") ||
        span_starts_with_nocase(range, "en-"))
        return "+OK en Language changed.";
    return "-ERR en There are no texts in this language.";
}
