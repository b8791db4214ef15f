/* Parameters that are named for a service of master.cf. */
#include "lib/config/service_parameter.h"

static const char no_commands[] = "there are no pipe and spawn yet";

const struct service_parameter service_parameters[] = {
    {"_delivery_slot_cost",                          "$default_delivery_slot_cost",            NULL       },
    {"_delivery_slot_discount",                      "$default_delivery_slot_discount",        NULL       },
    {"_delivery_slot_loan",                          "$default_delivery_slot_loan",            NULL       },
    {"_destination_concurrency_failed_cohort_limit",
     "$default_destination_concurrency_failed_cohort_limit",                                   NULL       },
    {"_destination_concurrency_limit",               "$default_destination_concurrency_limit", NULL       },
    {"_destination_concurrency_negative_feedback",
     "$default_destination_concurrency_negative_feedback",                                     NULL       },
    {"_destination_concurrency_positive_feedback",
     "$default_destination_concurrency_positive_feedback",                                     NULL       },
    {"_destination_rate_delay",                      "$default_destination_rate_delay",        NULL       },
    {"_destination_recipient_limit",                 "$default_destination_recipient_limit",   NULL       },
    {"_extra_recipient_limit",                       "$default_extra_recipient_limit",         NULL       },
    {"_initial_destination_concurrency",             "$initial_destination_concurrency",       NULL       },
    {"_minimum_delivery_slots",                      "$default_minimum_delivery_slots",        NULL       },
    {"_recipient_limit",                             "$default_recipient_limit",               NULL       },
    {"_recipient_refill_delay",                      "$default_recipient_refill_delay",        NULL       },
    {"_recipient_refill_limit",                      "$default_recipient_refill_limit",        NULL       },
    {"_time_limit",                                  "$command_time_limit",                    no_commands},
    {"_transport_rate_delay",                        "$default_transport_rate_delay",          NULL       },
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

        if (service->type != SERVICE_UNIX || !span_starts_with(name, service->name))
            continue;
        for (size_t j = 0; j < service_parameter_count; j++) {
            if (is_name_of(name, service->name, service_parameters[j].suffix) &&
                service_parameter_applies(&service_parameters[j], service->command))
                return &service_parameters[j];
        }
    }
    return NULL;
}
