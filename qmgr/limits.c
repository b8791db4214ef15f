/* Limits of transports. One that is malformed ends qmgr, as with Postfix: mail waits until it is mended. */
#include "qmgr/limits.h"

#include "lib/base/log.h"
#include "lib/config/service_parameter.h"
#include "lib/delivery/request.h"

#define PROCESSES_MAX 1000 /* where master.cf sets no limit */
#define SECOND_MS     1000

static int processes_of(const struct qmgr *qmgr, const char *transport)
{
    const struct master_service *service = master_cf_find(qmgr->services, transport, SERVICE_UNIX);
    int limit = service == NULL ? qmgr->config->default_process_limit : service->process_limit;

    return limit <= 0 || limit > PROCESSES_MAX ? PROCESSES_MAX : limit;
}

static int value_of(const struct config *config, const char *transport, const char *suffix,
                    int fallback)
{
    struct error err = {0};
    int value;

    if (!service_parameter_value(config, transport, suffix, fallback, &value, &err))
        log_fatal("%s", err.text);
    return value;
}

static int64_t delay_ms(const struct config *config, const char *transport, const char *suffix,
                        int fallback)
{
    return (int64_t)SECOND_MS * value_of(config, transport, suffix, fallback);
}

/* What is malformed counts as 1, as with Postfix. */
static struct feedback feedback_of(const struct config *config, const char *transport,
                                   const char *suffix, const char *fallback)
{
    struct feedback feedback = {1, FEEDBACK_CONSTANT};
    char *name = mem_printf("%s%s", transport, suffix);
    const char *value = config_lookup(config, name);
    const char *source = value == NULL ? "default" : transport;

    if (!feedback_parse(value == NULL ? fallback : value, &feedback))
        log_warning("%s%s: ignoring malformed or unreasonable feedback: %s", source, suffix,
                    value == NULL ? fallback : value);
    if (config->destination_concurrency_feedback_debug)
        log_info("%s: %s%s feedback type %d value at %d: %g", transport, source, suffix,
                 feedback.divisor, config->initial_destination_concurrency,
                 feedback_value(&feedback, config->initial_destination_concurrency));
    mem_free(name);
    return feedback;
}

static struct window_limits window_of(const struct config *config, const char *transport)
{
    return (struct window_limits){
        .initial = value_of(config, transport, "_initial_destination_concurrency",
                            config->initial_destination_concurrency),
        .maximum = value_of(config, transport, "_destination_concurrency_limit",
                            config->default_destination_concurrency_limit),
        .positive = feedback_of(config, transport, "_destination_concurrency_positive_feedback",
                                config->default_destination_concurrency_positive_feedback),
        .negative = feedback_of(config, transport, "_destination_concurrency_negative_feedback",
                                config->default_destination_concurrency_negative_feedback),
        .failed_cohorts =
            value_of(config, transport, "_destination_concurrency_failed_cohort_limit",
                     config->default_destination_concurrency_failed_cohort_limit),
    };
}

static struct slot_limits slots_of(const struct config *config, const char *transport)
{
    return (struct slot_limits){
        .cost =
            value_of(config, transport, "_delivery_slot_cost", config->default_delivery_slot_cost),
        .loan =
            value_of(config, transport, "_delivery_slot_loan", config->default_delivery_slot_loan),
        .discount = value_of(config, transport, "_delivery_slot_discount",
                             config->default_delivery_slot_discount),
        .minimum = value_of(config, transport, "_minimum_delivery_slots",
                            config->default_minimum_delivery_slots),
    };
}

static struct reading_limits reading_of(const struct config *config, const char *transport)
{
    return (struct reading_limits){
        .recipients =
            value_of(config, transport, "_recipient_limit", config->default_recipient_limit),
        .extra = value_of(config, transport, "_extra_recipient_limit",
                          config->default_extra_recipient_limit),
        .refill = value_of(config, transport, "_recipient_refill_limit",
                           config->default_recipient_refill_limit),
        .refill_delay_ms = delay_ms(config, transport, "_recipient_refill_delay",
                                    config->default_recipient_refill_delay),
    };
}

struct transport_limits limits_of(void *context, const char *transport)
{
    const struct qmgr *qmgr = context;
    const struct config *config = qmgr->config;
    int recipients = value_of(config, transport, "_destination_recipient_limit",
                              config->default_destination_recipient_limit);

    if (recipients <= 0 || recipients > DELIVERY_RECIPIENTS_MAX)
        recipients = DELIVERY_RECIPIENTS_MAX;
    return (struct transport_limits){
        .processes = processes_of(qmgr, transport),
        .recipients = recipients,
        .window = window_of(config, transport),
        .slots = slots_of(config, transport),
        .reading = reading_of(config, transport),
        .destination_delay_ms = delay_ms(config, transport, "_destination_rate_delay",
                                         config->default_destination_rate_delay),
        .transport_delay_ms = delay_ms(config, transport, "_transport_rate_delay",
                                       config->default_transport_rate_delay),
        .destination_dead_ms = (int64_t)SECOND_MS * config->minimal_backoff_time,
        .transport_dead_ms = (int64_t)SECOND_MS * config->transport_retry_time,
        .logs_feedback = config->destination_concurrency_feedback_debug,
    };
}
