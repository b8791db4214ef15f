/*
 * The vocabulary that every file of buzon speaks: compiler attributes, assertions, errors, octets,
 * memory. Include this first; it brings the standard headers that everybody needs.
 */
#ifndef BUZON_LIB_BASE_BASE_H
#define BUZON_LIB_BASE_BASE_H

#include "config.h" /* autoconf's */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define UNUSED            __attribute__((unused))
#define NORETURN          __attribute__((noreturn))
#define PRINTF(at, first) __attribute__((format(printf, at, first)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#include "lib/base/error.h"
#include "lib/base/memory.h"
#include "lib/base/span.h"

/*
 * ASSERT - a condition that only a bug of ours can make false
 *
 * Stays in release builds; ends the process by log_panic. No octet from the network, a file or
 * another process may be able to make it false.
 */
#define ASSERT(condition) ((condition) ? (void)0 : assertion_failed(#condition, __FILE__, __LINE__))

void assertion_failed(const char *condition, const char *file, int line) NORETURN;

#endif
