/* Arithmetic on numbers from outside: false instead of a wrong result. */
#ifndef BUZON_LIB_BASE_CHECKED_H
#define BUZON_LIB_BASE_CHECKED_H

#include "lib/base/base.h"

static inline bool MUST_CHECK checked_add_u64(uint64_t a, uint64_t b, uint64_t *sum_r)
{
    return !__builtin_add_overflow(a, b, sum_r);
}

static inline bool MUST_CHECK checked_mul_u64(uint64_t a, uint64_t b, uint64_t *product_r)
{
    return !__builtin_mul_overflow(a, b, product_r);
}

static inline bool MUST_CHECK checked_add_size(size_t a, size_t b, size_t *sum_r)
{
    return !__builtin_add_overflow(a, b, sum_r);
}

static inline bool MUST_CHECK checked_mul_size(size_t a, size_t b, size_t *product_r)
{
    return !__builtin_mul_overflow(a, b, product_r);
}

/* checked_int - a narrowing that may fail */
static inline bool MUST_CHECK checked_int(int64_t number, int *number_r)
{
    return !__builtin_add_overflow(number, 0, number_r);
}

#endif
