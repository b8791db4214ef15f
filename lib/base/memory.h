/*
 * Memory. Three lifetimes: an arena (one command, request or message), owned objects
 * (x_create, x_free) and borrowed arguments. Allocation never returns NULL: a process without
 * memory ends by log_fatal and master starts another. Hence a size that comes from outside is
 * bounded by the caller before anything is allocated for it.
 */
#ifndef BUZON_LIB_BASE_MEMORY_H
#define BUZON_LIB_BASE_MEMORY_H

#include <stddef.h>

struct span;

/* mem_alloc - size octets, zeroed; the caller owns them */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* mem_resize - count elements of size octets each, the old content kept; overflow ends the process */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* mem_text - an owned copy of NUL-terminated text; NULL gives NULL */
char *mem_text(const char *text);

/* mem_span - an owned NUL-terminated copy of a span's octets */
char *mem_span(struct span octets) __attribute__((returns_nonnull));

/* mem_printf - owned formatted text */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* mem_free - free; NULL is fine. Use as mem_free(p), p may be const. */
void mem_free(const void *memory);

#define mem_new(type) ((type *)mem_alloc(sizeof(type)))

/*
 * Arena: many small objects with one end. arena_reset keeps the first block, so that a loop over
 * commands does not go to malloc at all.
 */
struct arena;

struct arena *arena_create(void);
void arena_free(struct arena **arena);
void arena_reset(struct arena *arena);

/* arena_alloc - size octets, zeroed, aligned for any type */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));

/* arena_text - a NUL-terminated copy of a span's octets */
char *arena_text(struct arena *arena, struct span octets) __attribute__((returns_nonnull));

/* arena_copy - a NUL-terminated copy of NUL-terminated text; NULL gives NULL */
char *arena_copy(struct arena *arena, const char *text);

/* arena_printf - formatted text */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

/* arena_size - octets that the arena holds from the system, for limits */
size_t arena_size(const struct arena *arena);

#define arena_new(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

/* arena_alloc_array - count elements of size octets; overflow ends the process */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));

#endif
