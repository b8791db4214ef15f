/* What would become of mail (qmgr/verify.h). */
#include "qmgr/verify.h"

#include "qmgr/outcome.h"

#include "lib/delivery/status.h"

#define RETRY_TRANSPORT "retry"
#define ERROR_TRANSPORT "error"

static bool goes_to(const struct route_target *target, const char *transport)
{
    return strcmp(target->transport, transport) == 0;
}

static void report_reason(struct message *message, const struct recipient *recipient,
                          const char *reason, const char *fallback)
{
    struct delivery_status status = delivery_status_split(message->qmgr->scratch, reason, fallback);

    outcome_verified(message, recipient, false, status.code, status.text);
}

bool verify_is_wanted(const struct message *message)
{
    return queue_attribute_value(&message->envelope, QUEUE_ATTRIBUTE_VERIFY) != NULL;
}

bool verify_traces(const struct message *message)
{
    return queue_attribute_value(&message->envelope, QUEUE_ATTRIBUTE_TRACE) != NULL;
}

void verify_recipient(struct message *message, const struct recipient *recipient,
                      const struct route_target *target)
{
    struct qmgr *qmgr = message->qmgr;
    const char *table = NULL;
    struct error err = {0};
    enum map_result known;

    if (goes_to(target, ERROR_TRANSPORT) || goes_to(target, RETRY_TRANSPORT)) {
        report_reason(message, recipient, target->nexthop,
                      goes_to(target, RETRY_TRANSPORT) ? "4.0.0" : "5.0.0");
        return;
    }
    known = route_recipient_exists(qmgr->route, target, &table, &err);
    if (known == MAP_UNAVAILABLE)
        outcome_verified(message, recipient, false, "4.3.0",
                         "recipient tables cannot be asked now");
    else if (known == MAP_ABSENT)
        outcome_verified(message, recipient, false, "5.1.1",
                         arena_printf(qmgr->scratch, "User unknown in %s",
                                      table == NULL ? "recipient table" : table));
    else
        outcome_verified(message, recipient, true, "2.0.0",
                         arena_printf(qmgr->scratch, "delivery via %s%s%s", target->transport,
                                      target->nexthop[0] == '\0' ? "" : " to ", target->nexthop));
}
