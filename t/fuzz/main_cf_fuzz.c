/* main.cf: every text is read or refused; every value is expanded or refused. */
#include "lib/config/usage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char networks[] = "192.0.2.0/24"; /* the default would ask the network */
    struct config_source *source = source_defaults("/nonexistent");
    struct usage *usage;

    source->as_written = true; /* no file in the place of myorigin */
    if (source_parse(source, span_of(data, size), NULL)) {
        source->known[INDEX_mynetworks].text = networks;
        for (size_t i = 0; i < PARAMETER_COUNT; i++)
            (void)!source_value(source, &parameters[i], NULL);
        usage = usage_create(source, NULL);
        usage_free(&usage);
    }
    source_free(&source);
    return 0;
}
