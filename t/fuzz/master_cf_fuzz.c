/* master.cf: every text is read or refused, and what was read can be asked for its settings. */
#include "lib/config/master_cf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct master_cf *master_cf = master_cf_parse("master.cf", span_of(data, size), 100, NULL);
    struct span name;
    struct span value;

    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++) {
        size_t position = 0;

        while (master_cf_next_override(&master_cf->services[i], &position, &name, &value))
            continue;
    }
    master_cf_free(&master_cf);
    return 0;
}
