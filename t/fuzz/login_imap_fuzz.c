/* The arguments of IMAP's LOGIN: the first octets that a stranger sends. */
#include "lib/base/base.h"

#include "login/imap_login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct cursor at = cursor_of(span_of(data, size));
    struct imap_astring string;
    bool goes_on;

    while (!cursor_at_end(at) && imap_astring_parse(arena, &at, &string) == PARSE_DONE)
        ;
    at = cursor_of(span_of(data, size));
    while (!cursor_at_end(at) && imap_rest_parse(arena, &at, &string, &goes_on) == PARSE_DONE)
        ;
    arena_free(&arena);
    return 0;
}
