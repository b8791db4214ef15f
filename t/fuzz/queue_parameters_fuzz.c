/* What follows "MAIL FROM:" and "RCPT TO:": a path, and parameters. */
#include "lib/message/address.h"
#include "lib/queue/parameters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct cursor at = cursor_of(span_of(data, size));
    struct parameters parameters;
    const char *address;
    struct span rest;

    if (address_parse_path(arena, &at, false, &address) == PARSE_DONE) {
        rest = span_of(at.next, cursor_left(at));
        (void)parameters_parse(arena, PARAMETERS_OF_MAIL, rest, true, &parameters);
        (void)parameters_parse(arena, PARAMETERS_OF_RCPT, rest, true, &parameters);
    }
    arena_free(&arena);
    return 0;
}
