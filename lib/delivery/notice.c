/* The conversation of qmgr and the bounce service. */
#include "lib/base/base.h"

#include "lib/delivery/notice.h"

#include "lib/base/file.h"
#include "lib/message/address.h"

static const struct ipc_field recipient_fields[] = {
    IPC_TEXT(struct notice_recipient, address, ADDRESS_MAX),
    IPC_TEXT(struct notice_recipient, original, ADDRESS_MAX),
    IPC_TEXT(struct notice_recipient, dsn_orcpt, ADDRESS_MAX),
    IPC_NUMBER(struct notice_recipient, dsn_notify, UINT8_MAX),
    IPC_NUMBER(struct notice_recipient, action, DELIVERY_ACTION_LAST),
    IPC_TEXT(struct notice_recipient, status, DELIVERY_STATUS_MAX),
    IPC_TEXT(struct notice_recipient, text, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct notice_recipient, remote_mta, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct notice_recipient, diagnostic, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct notice_recipient, action_address, ADDRESS_MAX),
    IPC_END,
};

static const struct ipc_field notice_fields[] = {
    IPC_NUMBER(struct notice, kind, NOTICE_SUCCESS),
    IPC_BOOL(struct notice, is_requested),
    IPC_TEXT(struct notice, queue_id, QUEUE_ID_MAX),
    IPC_TEXT(struct notice, sender, ADDRESS_MAX),
    IPC_TEXT(struct notice, dsn_envid, ADDRESS_MAX),
    IPC_NUMBER(struct notice, dsn_ret, UINT8_MAX),
    IPC_NUMBER(struct notice, flags, UINT32_MAX),
    IPC_NUMBER(struct notice, arrival_us, INT64_MAX),
    IPC_NUMBER(struct notice, content_offset, INT64_MAX),
    IPC_NUMBER(struct notice, content_size, INT64_MAX),
    IPC_FD(struct notice, queue_file), /* open for reading */
    IPC_LIST(struct notice, recipients, recipient_count, recipient_fields, NOTICE_RECIPIENTS_MAX),
    IPC_END,
};

static const struct ipc_message notice_message = {"notify", 1, notice_fields};

static const struct ipc_field answer_fields[] = {
    IPC_BOOL(struct notice_answer, done),
    IPC_TEXT(struct notice_answer, text, ERROR_TEXT_MAX),
    IPC_END,
};

static const struct ipc_message answer_message = {"notified", 1, answer_fields};

bool notice_wanted(enum notice_kind kind, uint64_t dsn_notify)
{
    switch (kind) {
    case NOTICE_FAILURE:
        return dsn_notify == NOTIFY_DEFAULT || (dsn_notify & NOTIFY_FAILURE) != 0;
    case NOTICE_DELAY:
        return dsn_notify == NOTIFY_DEFAULT || (dsn_notify & NOTIFY_DELAY) != 0;
    case NOTICE_SUCCESS:
        return (dsn_notify & NOTIFY_SUCCESS) != 0;
    }
    return false;
}

bool notice_send(struct connection *bounce, const struct notice *notice, struct error *err)
{
    return ipc_send(bounce, &notice_message, notice, err);
}

bool notice_receive(struct connection *qmgr, struct arena *arena, struct notice *notice_r,
                    struct error *err)
{
    *notice_r = (struct notice){.queue_file = -1};
    if (!ipc_receive(qmgr, &notice_message, arena, notice_r, err))
        return false;
    if (queue_id_is_valid(notice_r->queue_id) && notice_r->queue_file != -1)
        return true;
    fd_close(&notice_r->queue_file);
    error_set(err, ERROR_MALFORMED, "notice with a bad queue id or no queue file");
    return false;
}

bool notice_answer_send(struct connection *qmgr, const struct notice_answer *answer,
                        struct error *err)
{
    return ipc_send(qmgr, &answer_message, answer, err);
}

bool notice_answer_receive(struct connection *bounce, struct arena *arena,
                           struct notice_answer *answer_r, struct error *err)
{
    *answer_r = (struct notice_answer){0};
    return ipc_receive(bounce, &answer_message, arena, answer_r, err);
}
