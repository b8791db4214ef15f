/* SASL responses: the first octet chooses the mechanism, lines are responses. */
#include "lib/base/base.h"

#include "lib/sasl/mechanism.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sasl_exchange exchange = {.arena = arena_create()};
    struct span rest = span_of(data, size), challenge;

    exchange.mechanism = sasl_mechanism_find(size > 0 && data[0] == 'L' ? "LOGIN" : "PLAIN");
    while (rest.len > 0 && exchange.round < 10 &&
           sasl_advance(&exchange, span_take_until(&rest, '\n'), &challenge) == SASL_STEP_CHALLENGE)
        ;
    arena_free(&exchange.arena);
    return 0;
}
