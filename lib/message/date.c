/* Dates: written as Postfix writes them, read as generously as mail demands. */
#include "lib/message/date.h"

#include <stdio.h>
#include <stdlib.h>

static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

const char *date_format(time_t when, char text[DATE_TEXT_MAX])
{
    struct tm local;
    long offset_minutes;

    if (localtime_r(&when, &local) == NULL) { /* a year that no int holds */
        when = 0;
        localtime_r(&when, &local);
    }
    offset_minutes = local.tm_gmtoff / 60;
    snprintf(text, DATE_TEXT_MAX, "%s, %2d %s %04d %02d:%02d:%02d %c%02ld%02ld (%.15s)",
             day_names[local.tm_wday], local.tm_mday, month_names[local.tm_mon],
             local.tm_year + 1900, local.tm_hour, local.tm_min, local.tm_sec,
             offset_minutes < 0 ? '-' : '+', labs(offset_minutes) / 60, labs(offset_minutes) % 60,
             local.tm_zone);
    return text;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* White space and comments, which may be nested: CFWS of RFC 5322 section 3.2.2. */
static void skip_comments(struct cursor *at)
{
    int depth = 0;

    for (; !cursor_at_end(*at); at->next++) {
        if (*at->next == '(')
            depth++;
        else if (*at->next == ')' && depth > 0)
            depth--;
        else if (*at->next == '\\' && depth > 0 && cursor_left(*at) > 1)
            at->next++;
        else if (depth == 0 && !is_space(*at->next))
            return;
    }
}

static struct span take_letters(struct cursor *at)
{
    const unsigned char *first = at->next;

    while (!cursor_at_end(*at) && is_alpha(*at->next))
        at->next++;
    return span_of(first, (size_t)(at->next - first));
}

/* At least `fewest` and at most `most` digits. */
static bool take_digits(struct cursor *at, size_t fewest, size_t most, int *number_r)
{
    size_t count = 0;

    *number_r = 0;
    for (; count < most && !cursor_at_end(*at) && is_digit(*at->next); count++, at->next++)
        *number_r = *number_r * 10 + (*at->next - '0');
    return count >= fewest && (cursor_at_end(*at) || !is_digit(*at->next));
}

/* 0 to 11; -1: it is none */
static int find_month(struct span name)
{
    int month = name.len == 3 ? 11 : -1;

    while (month >= 0 && (to_lower(name.data[1]) != month_names[month][1] ||
                          to_lower(name.data[2]) != month_names[month][2] ||
                          to_upper(name.data[0]) != month_names[month][0]))
        month--;
    return month;
}

/* "23 Nov 2026" or, as IMAP writes it, "23-Nov-2026"; years of two and three digits as RFC 5322
 * section 4.3 reads them. */
static bool take_day(struct cursor *at, struct tm *date)
{
    const unsigned char *year_start;
    struct span name;

    if (!take_digits(at, 1, 2, &date->tm_mday))
        return false;
    skip_comments(at);
    (void)cursor_take(at, '-');
    name = span_first(take_letters(at), 3);
    date->tm_mon = find_month(name);
    skip_comments(at);
    (void)cursor_take(at, '-');
    year_start = at->next;
    if (date->tm_mon < 0 || !take_digits(at, 2, 4, &date->tm_year))
        return false;
    if (at->next - year_start == 2)
        date->tm_year += date->tm_year < 50 ? 2000 : 1900;
    else if (at->next - year_start == 3)
        date->tm_year += 1900;
    return true;
}

/* "12:34" or "12:34:22"; a leap second is the next minute's first */
static bool take_time(struct cursor *at, struct tm *date)
{
    if (!take_digits(at, 1, 2, &date->tm_hour))
        return false;
    skip_comments(at);
    if (!cursor_take(at, ':'))
        return false;
    skip_comments(at);
    if (!take_digits(at, 2, 2, &date->tm_min))
        return false;
    skip_comments(at);
    if (cursor_take(at, ':')) {
        skip_comments(at);
        if (!take_digits(at, 2, 2, &date->tm_sec))
            return false;
    }
    return date->tm_hour < 24 && date->tm_min < 60 && date->tm_sec <= 60;
}

/* "+0100", "GMT", "EST"; names that nobody knows, and none at all, are UTC: RFC 5322 section 4.3 */
static bool take_zone(struct cursor *at, int *minutes_r)
{
    static const struct zone {
        const char *name;
        int hours;
    } zones[] = {
        {"EDT", -4},
        {"EST", -5},
        {"CDT", -5},
        {"CST", -6},
        {"MDT", -6},
        {"MST", -7},
        {"PDT", -7},
        {"PST", -8},
    };
    struct span name;
    int sign = cursor_take(at, '-') ? -1 : cursor_take(at, '+') ? 1 : 0;
    int number;

    *minutes_r = 0;
    if (sign != 0) {
        if (!take_digits(at, 4, 4, &number) || number % 100 >= 60 || number / 100 >= 24)
            return false;
        *minutes_r = sign * (number / 100 * 60 + number % 100);
        return true;
    }
    name = take_letters(at);
    for (size_t i = 0; i < ARRAY_LENGTH(zones); i++) {
        if (span_equal_text_nocase(name, zones[i].name))
            *minutes_r = zones[i].hours * 60;
    }
    return true;
}

static bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool day_exists(const struct tm *date)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int length = lengths[date->tm_mon];

    if (date->tm_mon == 1 && is_leap_year(date->tm_year))
        length++;
    return date->tm_mday >= 1 && date->tm_mday <= length;
}

/* Seconds from 1970 to a moment in UTC. Years begin in March here, so that the leap day is their last:
 * timegm, without the price of asking for a time zone. */
static time_t seconds_of(const struct tm *date)
{
    int64_t year = date->tm_year + 400 - (date->tm_mon < 2);
    int64_t day_of_year = (153 * ((date->tm_mon + 10) % 12) + 2) / 5 + date->tm_mday - 1;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468 - 146097;

    return (time_t)(days * 86400 + date->tm_hour * 3600 + date->tm_min * 60 + date->tm_sec);
}

bool date_parse(struct span text, time_t *when_r, int *zone_minutes_r)
{
    struct cursor at = cursor_of(text);
    struct tm date = {0};
    int zone_minutes = 0;

    skip_comments(&at);
    (void)take_letters(&at); /* the day of the week, which says nothing new */
    skip_comments(&at);
    (void)cursor_take(&at, ',');
    skip_comments(&at);
    if (!take_day(&at, &date) || !day_exists(&date))
        return false;
    skip_comments(&at);
    if (!take_time(&at, &date))
        return false;
    skip_comments(&at);
    if (!take_zone(&at, &zone_minutes))
        return false;
    *when_r = seconds_of(&date) - (time_t)zone_minutes * 60;
    if (zone_minutes_r != NULL)
        *zone_minutes_r = zone_minutes;
    return true;
}
