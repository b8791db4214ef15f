/* Parameters that are named for a service of master.cf. */
#include "lib/config/service_parameter.h"

#include "lib/config/source.h"
#include "lib/config/value.h"

static const char no_commands[] = "there are no pipe and spawn yet";

/* Most are named for the parameter that counts for all transports. */
#define ROW(kind, minimum, maximum, suffix)                                                        \
    {                                                                                              \
        suffix, "$default" suffix, SERVICE_PARAMETER_##kind, minimum, maximum, NULL                \
    }

/* Bounds are those of Postfix 3.7. */
const struct service_parameter service_parameters[] = {
    ROW(NUMBER, 0, 0, "_delivery_slot_cost"),
    ROW(NUMBER, 0, 100, "_delivery_slot_discount"),
    ROW(NUMBER, 0, 0, "_delivery_slot_loan"),
    ROW(NUMBER, 0, 0, "_destination_concurrency_failed_cohort_limit"),
    ROW(NUMBER, 0, 0, "_destination_concurrency_limit"),
    ROW(TEXT, 0, 0, "_destination_concurrency_negative_feedback"),
    ROW(TEXT, 0, 0, "_destination_concurrency_positive_feedback"),
    ROW(TIME, 0, 0, "_destination_rate_delay"),
    ROW(NUMBER, 0, 0, "_destination_recipient_limit"),
    ROW(NUMBER, 0, 0, "_extra_recipient_limit"),
    {"_initial_destination_concurrency", "$initial_destination_concurrency",
                                              SERVICE_PARAMETER_NUMBER,                                                                       1, 0, NULL       },
    ROW(NUMBER, 0, 0, "_minimum_delivery_slots"),
    ROW(NUMBER, 0, 0, "_recipient_limit"),
    ROW(TIME, 1, 0, "_recipient_refill_delay"),
    ROW(NUMBER, 1, 0, "_recipient_refill_limit"),
    {"_time_limit",                      "$command_time_limit",              SERVICE_PARAMETER_TIME, 1, 0, no_commands},
    ROW(TIME, 0, 0, "_transport_rate_delay"),
};

const size_t service_parameter_count = ARRAY_LENGTH(service_parameters);

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

bool service_parameter_applies(const struct service_parameter *parameter, const char *program)
{
    static const char *const agents[] = {"error", "lmtp", "local", "pipe", "smtp", "virtual", NULL};
    static const char *const commands[] = {"pipe", "spawn", NULL};

    return is_one_of(program, strcmp(parameter->suffix, "_time_limit") == 0 ? commands : agents);
}

/* Is it the name of this service and this suffix? */
static bool is_name_of(struct span name, const char *service, const char *suffix)
{
    size_t len = strlen(service);

    return span_starts_with(name, service) && span_equal_text(span_skip(name, len), suffix);
}

const struct service_parameter *service_parameter_find(const struct master_cf *master_cf,
                                                       struct span name)
{
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++) {
        const struct master_service *service = &master_cf->services[i];

        if (!span_starts_with(name, service->name))
            continue;
        for (size_t j = 0; j < service_parameter_count; j++) {
            if (is_name_of(name, service->name, service_parameters[j].suffix) &&
                service_parameter_applies(&service_parameters[j], service->command))
                return &service_parameters[j];
        }
    }
    return NULL;
}

bool service_parameter_check(const struct service_parameter *parameter, const char *name,
                             const char *text, int *value_r, struct error *err)
{
    switch (parameter->kind) {
    case SERVICE_PARAMETER_NUMBER:
        return value_int(name, text, parameter->minimum, parameter->maximum, value_r, err);
    case SERVICE_PARAMETER_TIME:
        return value_seconds(name, text, 's', parameter->minimum, value_r, err);
    case SERVICE_PARAMETER_TEXT:
        break;
    }
    *value_r = 0;
    return true;
}

static const struct service_parameter *find_suffix(const char *suffix)
{
    for (size_t i = 0; i < service_parameter_count; i++) {
        if (strcmp(service_parameters[i].suffix, suffix) == 0)
            return &service_parameters[i];
    }
    ASSERT(false); /* the caller has it from nowhere else */
    return NULL;
}

bool service_parameter_value(const struct config *config, const char *transport, const char *suffix,
                             int fallback, int *value_r, struct error *err)
{
    char *name = mem_printf("%s%s", transport, suffix);
    const char *text;
    bool done = source_value_of(config->source, span_text(name), &text, err);

    *value_r = fallback;
    if (done && text != NULL)
        done = service_parameter_check(find_suffix(suffix), name, text, value_r, err);
    mem_free(name);
    return done;
}
