/* Reports of success that are owed. */
#include "lib/base/base.h"

#include "qmgr/owed.h"

#include "qmgr/outcome.h"
#include "qmgr/verify.h"

#include "lib/base/log.h"
#include "lib/delivery/reasons.h"

void owed_note(struct message *message, const struct notice_recipient *found)
{
    const struct qmgr *qmgr = message->qmgr;
    struct error err = {0};

    message->has_reasons = true;
    if (!reasons_add(qmgr->queue_directory, qmgr->config, REASONS_OF_SUCCESS, message->queue_id,
                     found, 1, &err))
        log_warning("%s: %s", message->queue_id, err.text);
    findings_add(&message->successes, found);
    outcome_settle(message, found->number, RECIPIENT_REACHED);
}

static void read_owed(struct message *message)
{
    const struct qmgr *qmgr = message->qmgr;
    struct notice_recipient *owed;
    size_t count;

    owed = reasons_read(qmgr->queue_directory, qmgr->config, REASONS_OF_SUCCESS, message->queue_id,
                        message->arena, &count);
    message->owed = hash_create();
    for (size_t i = 0; i < count; i++)
        (void)hash_put(message->owed, span_text(owed[i].address), &owed[i]);
}

/* Who he is the envelope says: several recipients may have come to one address. */
static void take_result(struct notice_recipient *found, const struct notice_recipient *known)
{
    found->action = known->action;
    found->status = known->status;
    found->text = known->text;
    found->remote_mta = known->remote_mta;
    found->diagnostic = known->diagnostic;
    found->action_address = known->action_address;
}

bool owed_resume(struct message *message, const struct queue_recipient *recipient, size_t number)
{
    const struct notice_recipient *known;
    struct notice_recipient found = {
        .address = recipient->address,
        .original = recipient->original,
        .dsn_orcpt = recipient->dsn_orcpt,
        .dsn_notify = recipient->dsn_notify,
        .status = "2.0.0",
        .text = "delivered before the queue manager was started again",
        .number = number,
    };

    if (message->owed == NULL)
        read_owed(message);
    known = hash_get(message->owed, span_text(recipient->address));
    if (known == NULL && verify_is_wanted(message))
        return false;
    if (known != NULL)
        take_result(&found, known);
    findings_add(&message->successes, &found);
    outcome_settle(message, number, RECIPIENT_REACHED);
    return true;
}
