/* The values of main.cf as numbers; of each, what Postfix accepts. */
#ifndef BUZON_LIB_CONFIG_VALUE_H
#define BUZON_LIB_CONFIG_VALUE_H

#include "lib/base/base.h"

/* value_bool - "yes" or "no", in any case */
bool value_bool(const char *text, bool *value_r) MUST_CHECK;

/* value_number - decimal digits, perhaps with a '+', not more than limit */
bool value_number(const char *text, int64_t limit, int64_t *value_r) MUST_CHECK;

/* value_time - a number and s, m, h, d or w; without a unit it counts in `unit`. In seconds. */
bool value_time(const char *text, char unit, int *value_r) MUST_CHECK;

/*
 * value_int, value_seconds - the same as the value of this parameter, within its bounds
 *
 * A time is what Postfix makes of it: "1w1d" is a week.
 *
 *  maximum  0: none
 *  err      PERMANENT: it is malformed, or out of bounds, in Postfix's words; *value_r is then not set
 */
bool value_int(const char *name, const char *text, int minimum, int maximum, int *value_r,
               struct error *err) MUST_CHECK;
bool value_seconds(const char *name, const char *text, char unit, int minimum, int *value_r,
                   struct error *err) MUST_CHECK;

/* value_time_unit - the unit that a default is written in: the one of a value without a unit */
char value_time_unit(const char *default_value);

#endif
