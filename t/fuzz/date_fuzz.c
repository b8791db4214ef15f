/* Dates. */
#include "lib/message/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[DATE_TEXT_MAX];
    time_t when;
    int zone_minutes;

    if (date_parse(span_of(data, size), &when, &zone_minutes)) {
        ASSERT(zone_minutes > -24 * 60 && zone_minutes < 24 * 60);
        ASSERT(date_format(when, text)[0] != '\0');
    }
    return 0;
}
