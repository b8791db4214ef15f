/* IMAP's dates: "17-Jul-1996 02:44:25 -0700" and "1-Feb-1994". */
#ifndef BUZON_IMAPD_DATE_TIME_H
#define BUZON_IMAPD_DATE_TIME_H

#include "lib/base/buf.h"

/* date_time_parse - a quoted date-time, to seconds since 1970 */
bool date_time_parse(struct cursor *at, uint64_t *when_r) MUST_CHECK;
/* date_time_put - quoted, in local time */
void date_time_put(struct buf *out, uint64_t when);
/* date_parse_day - a date, quoted or not, to days since 1970 */
bool date_parse_day(struct cursor *at, int64_t *day_r) MUST_CHECK;
/* date_local_day - the day of a moment in local time */
int64_t date_local_day(uint64_t when);
/* date_day_at - the day of a moment where a clock is so many minutes east of UTC */
int64_t date_day_at(int64_t when, int zone_minutes);

#endif
