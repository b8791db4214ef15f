/* Allocation that never fails: the C library's, with log_fatal where it would return NULL. */
#include "lib/base/base.h"

#include "lib/base/checked.h"
#include "lib/base/log.h"

#include <stdio.h>
#include <stdlib.h>

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size == 0 ? 1 : size);

    if (memory == NULL)
        log_fatal("out of memory: %zu octets", size);
    return memory;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t total;
    void *memory;

    if (!checked_mul_size(count, size, &total))
        log_fatal("out of memory: %zu elements of %zu octets", count, size);
    memory = realloc(old, total == 0 ? 1 : total);
    if (memory == NULL)
        log_fatal("out of memory: %zu octets", total);
    return memory;
}

char *mem_text(const char *text)
{
    return text == NULL ? NULL : mem_span(span_text(text));
}

char *mem_span(struct span octets)
{
    char *copy = mem_resize(NULL, octets.len + 1, 1);

    if (octets.len > 0)
        memcpy(copy, octets.data, octets.len);
    copy[octets.len] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list arguments;
    char *text;
    int len;

    va_start(arguments, format);
    len = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (len < 0)
        log_fatal("out of memory for a text like \"%s\"", format);
    return text;
}

void mem_free(const void *memory)
{
    free((void *)(uintptr_t)memory); /* the integer takes off const without a warning */
}
