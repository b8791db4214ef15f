/* The spelling of names and passwords: a library of others reads what strangers send. */
#include "lib/base/base.h"

#include "lib/sasl/saslprep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct span prepared = saslprep(arena, span_of(data, size));

    ASSERT(prepared.data == NULL || prepared.len <= SASLPREP_MAX * 18 || prepared.len == size);
    arena_free(&arena);
    return 0;
}
