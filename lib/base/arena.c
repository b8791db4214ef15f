/*
 * Arenas: blocks of 1 KiB that double up to 64 KiB, cut from the front. What does not fit into a
 * block of that size gets one of its own. Under AddressSanitizer what was not handed out is
 * poisoned, and a gap follows each object, so that tests see one octet too far here too.
 */
#include "lib/base/base.h"

#include "lib/base/checked.h"
#include "lib/base/log.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define GAP                   16
#define POISON(memory, len)   ASAN_POISON_MEMORY_REGION(memory, len)
#define UNPOISON(memory, len) ASAN_UNPOISON_MEMORY_REGION(memory, len)
#else
#define GAP                   0
#define POISON(memory, len)   ((void)0)
#define UNPOISON(memory, len) ((void)0)
#endif

#define BLOCK_FIRST 1024
#define BLOCK_MAX   ((size_t)64 * 1024)
#define ALIGN       _Alignof(max_align_t)

struct block {
    struct block *older;
    size_t size; /* of data */
    size_t used;
    _Alignas(max_align_t) char data[];
};

struct arena {
    struct block *newest; /* objects are cut from this one */
    size_t size;          /* octets of all blocks */
};

static struct block *add_block(struct arena *arena, size_t size)
{
    struct block *block = mem_resize(NULL, sizeof(*block) + size, 1);

    block->older = NULL;
    block->size = size;
    block->used = 0;
    POISON(block->data, size);
    arena->size += sizeof(*block) + size;
    return block;
}

static void free_block(struct arena *arena, struct block *block)
{
    UNPOISON(block->data, block->size);
    arena->size -= sizeof(*block) + block->size;
    free(block);
}

struct arena *arena_create(void)
{
    struct arena *arena = mem_new(struct arena);

    arena->newest = add_block(arena, BLOCK_FIRST - sizeof(struct block));
    return arena;
}

void arena_free(struct arena **arena)
{
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    free_block(*arena, (*arena)->newest);
    free(*arena);
    *arena = NULL;
}

void arena_reset(struct arena *arena)
{
    while (arena->newest->older != NULL) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        free_block(arena, block);
    }
    POISON(arena->newest->data, arena->newest->size);
    arena->newest->used = 0;
}

/* A block for an object that the newest has no room for. One much larger than usual goes behind
 * the newest, whose rest then still serves. */
static struct block *block_for(struct arena *arena, size_t size)
{
    size_t usual = 2 * (arena->newest->size + sizeof(struct block));
    struct block *block;

    if (usual > BLOCK_MAX)
        usual = BLOCK_MAX;
    usual -= sizeof(struct block);
    if (size > usual / 2 && arena->newest->older != NULL) {
        block = add_block(arena, size);
        block->older = arena->newest->older;
        arena->newest->older = block;
    } else {
        block = add_block(arena, size > usual ? size : usual);
        block->older = arena->newest;
        arena->newest = block;
    }
    return block;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
    struct block *block = arena->newest;
    size_t start = (block->used + align - 1) & ~(align - 1);
    size_t padded;

    if (!checked_add_size(size, GAP, &padded) || padded > SIZE_MAX / 2)
        log_fatal("out of memory: %zu octets", size);
    if (start > block->size || block->size - start < padded) {
        block = block_for(arena, padded);
        start = 0;
    }
    block->used = start + padded;
    UNPOISON(block->data + start, size);
    return block->data + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size, ALIGN), 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;

    if (!checked_mul_size(count, size, &total))
        log_fatal("out of memory: %zu elements of %zu octets", count, size);
    return arena_alloc(arena, total);
}

char *arena_text(struct arena *arena, struct span octets)
{
    char *copy = take(arena, octets.len + 1, 1);

    if (octets.len > 0)
        memcpy(copy, octets.data, octets.len);
    copy[octets.len] = '\0';
    return copy;
}

char *arena_copy(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_text(arena, span_text(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    char small[256];
    va_list arguments;
    char *text;
    int len;

    va_start(arguments, format);
    len = vsnprintf(small, sizeof(small), format, arguments);
    va_end(arguments);
    if (len < 0)
        log_panic("arena_printf cannot format \"%s\"", format);
    if ((size_t)len < sizeof(small))
        return arena_text(arena, span_of(small, (size_t)len));
    text = take(arena, (size_t)len + 1, 1);
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)len + 1, format, arguments);
    va_end(arguments);
    return text;
}

size_t arena_size(const struct arena *arena)
{
    return arena->size;
}
