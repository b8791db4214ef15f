/* IMAP's dates. */
#include "lib/base/base.h"

#include "imapd/date_time.h"

#include "imapd/parse.h"

#include <stdlib.h>
#include <time.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

#define DAY_S 86400

/* Days since 1970 of a date in the Gregorian calendar; month from 1. */
static int64_t day_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* date-text = date-day "-" date-month "-" date-year; a space may stand for the first digit */
static bool take_date(struct cursor *at, int64_t *day_r)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const unsigned char *first;
    uint64_t day, year;
    size_t month = 0;

    cursor_take(at, ' ');
    if (!parse_number(at, 31, &day) || day == 0 || !cursor_take(at, '-') || cursor_left(*at) < 3)
        return false;
    while (month < 12 && strncasecmp((const char *)at->next, months[month], 3) != 0)
        month++;
    if (month == 12 || (int)day > lengths[month])
        return false;
    at->next += 3;
    if (!cursor_take(at, '-'))
        return false;
    first = at->next;
    if (!parse_number(at, 9999, &year) || year < 1 || at->next - first != 4)
        return false;
    *day_r = day_of((int64_t)year, (int64_t)month + 1, (int64_t)day);
    return true;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT */
static bool take_time(struct cursor *at, int64_t *seconds_r)
{
    uint64_t hour, minute, second;

    if (!parse_number(at, 23, &hour) || !cursor_take(at, ':') || !parse_number(at, 59, &minute) ||
        !cursor_take(at, ':') || !parse_number(at, 60, &second))
        return false;
    *seconds_r = (int64_t)(hour * 3600 + minute * 60 + second);
    return true;
}

/* zone = ("+" / "-") 4DIGIT */
static bool take_zone(struct cursor *at, int64_t *seconds_r)
{
    bool west = cursor_take(at, '-');
    const unsigned char *first;
    uint64_t digits;

    if (!west && !cursor_take(at, '+'))
        return false;
    first = at->next;
    if (!parse_number(at, 2359, &digits) || at->next - first != 4 || digits % 100 > 59)
        return false;
    *seconds_r = (int64_t)(digits / 100 * 3600 + digits % 100 * 60);
    if (west)
        *seconds_r = -*seconds_r;
    return true;
}

bool date_time_parse(struct cursor *at, uint64_t *when_r)
{
    struct cursor here = *at;
    int64_t day, seconds, zone, when;

    if (!cursor_take(&here, '"') || !take_date(&here, &day) || !parse_space(&here) ||
        !take_time(&here, &seconds) || !parse_space(&here) || !take_zone(&here, &zone) ||
        !cursor_take(&here, '"'))
        return false;
    when = day * DAY_S + seconds - zone;
    *when_r = when < 1 ? 1 : (uint64_t)when;
    *at = here;
    return true;
}

static char *put_digits(char *at, size_t width, long number)
{
    for (size_t i = width; i > 0; i--, number /= 10)
        at[i - 1] = (char)('0' + number % 10);
    return at + width;
}

/* Without printf, which would take as long as the rest of what FETCH tells of a message. A year has four digits,
 * whatever a file's date is. */
void date_time_put(struct buf *out, uint64_t when)
{
    time_t clock = (time_t)when;
    char text[32], *at = text;
    struct tm local;
    long east;

    if (localtime_r(&clock, &local) == NULL || local.tm_year < -1900 || local.tm_year > 9999 - 1900)
        local = (struct tm){.tm_mday = 1, .tm_year = 70};
    east = labs(local.tm_gmtoff) / 60;
    *at++ = '"';
    at = put_digits(at, 2, local.tm_mday);
    *at++ = '-';
    at = mempcpy(at, months[local.tm_mon], 3);
    *at++ = '-';
    at = put_digits(at, 4, local.tm_year + 1900L);
    *at++ = ' ';
    at = put_digits(at, 2, local.tm_hour);
    *at++ = ':';
    at = put_digits(at, 2, local.tm_min);
    *at++ = ':';
    at = put_digits(at, 2, local.tm_sec);
    *at++ = ' ';
    *at++ = local.tm_gmtoff < 0 ? '-' : '+';
    at = put_digits(at, 2, east / 60);
    at = put_digits(at, 2, east % 60);
    *at++ = '"';
    buf_put(out, span_of(text, (size_t)(at - text)));
}

bool date_parse_day(struct cursor *at, int64_t *day_r)
{
    struct cursor here = *at;
    bool quoted = cursor_take(&here, '"');

    if (!take_date(&here, day_r) || (quoted && !cursor_take(&here, '"')))
        return false;
    *at = here;
    return true;
}

int64_t date_day_at(int64_t when, int zone_minutes)
{
    int64_t local = when + (int64_t)zone_minutes * 60;

    return local >= 0 ? local / DAY_S : -((DAY_S - 1 - local) / DAY_S);
}

int64_t date_local_day(uint64_t when)
{
    time_t clock = (time_t)when;
    struct tm local;

    if (localtime_r(&clock, &local) == NULL)
        return 0;
    return date_day_at((int64_t)when, (int)(local.tm_gmtoff / 60));
}
