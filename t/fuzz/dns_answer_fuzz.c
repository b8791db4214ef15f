/* A name server's reply: the first octet chooses the type that was asked for. */
#include "lib/dns/answer.h"

#include <arpa/nameser.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int types[] = {ns_t_a, ns_t_aaaa, ns_t_mx, ns_t_ptr};
    struct arena *arena = arena_create();
    struct answer answer;
    struct error err = {0};

    if (size > 0 && answer_parse(span_of(data + 1, size - 1), "a.test", types[data[0] % 4], arena,
                                 &answer, &err))
        ASSERT(answer.count == 0 || answer.records != NULL);
    arena_free(&arena);
    return 0;
}
