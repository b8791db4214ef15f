/* Dates of mail: RFC 5322 section 3.3 with the obsolete zones; IMAP's date-time. */
#ifndef BUZON_LIB_MESSAGE_DATE_H
#define BUZON_LIB_MESSAGE_DATE_H

#include "lib/base/base.h"

#include <time.h>

#define DATE_TEXT_MAX 128

/* date_format - "Mon, 23 Nov 2026 12:34:22 +0000 (UTC)" as Postfix writes Received and Date */
const char *date_format(time_t when, char text[DATE_TEXT_MAX]);
/* date_parse - zone_minutes_r east of UTC, may be NULL; false when it is no date */
bool date_parse(struct span text, time_t *when_r, int *zone_minutes_r) MUST_CHECK;

#endif
