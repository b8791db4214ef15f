/* The messages of the conversation with cleanup, with their bounds: one table for both halves. */
#include "lib/queue/intake_wire.h"

#include "lib/message/address.h"

static const struct ipc_field attribute_fields[] = {
    IPC_TEXT(struct queue_attribute, name, 128),
    IPC_TEXT(struct queue_attribute, value, INTAKE_TEXT_MAX),
    IPC_END,
};

static const struct ipc_field open_fields[] = {
    IPC_NUMBER(struct intake_wire_open, origin, INTAKE_FORWARD),
    IPC_TEXT(struct intake_wire_open, sender, ADDRESS_MAX),
    IPC_TEXT(struct intake_wire_open, dsn_envid, INTAKE_TEXT_MAX),
    IPC_NUMBER(struct intake_wire_open, dsn_ret, 127),
    IPC_NUMBER(struct intake_wire_open, flags, UINT32_MAX),
    IPC_NUMBER(struct intake_wire_open, overrides, UINT32_MAX),
    IPC_BOOL(struct intake_wire_open, rewrite_local),
    IPC_TEXT(struct intake_wire_open, full_name, INTAKE_TEXT_MAX),
    IPC_NUMBER(struct intake_wire_open, arrival_us, INT64_MAX),
    IPC_NUMBER(struct intake_wire_open, size_hint, INT64_MAX),
    IPC_LIST(struct intake_wire_open, attributes, attribute_count, attribute_fields,
             INTAKE_ATTRIBUTES_MAX),
    IPC_END,
};

static const struct ipc_field opened_fields[] = {
    IPC_TEXT(struct intake_wire_opened, queue_id, QUEUE_ID_MAX),
    IPC_TEXT(struct intake_wire_opened, refusal, ERROR_TEXT_MAX),
    IPC_BOOL(struct intake_wire_opened, no_space),
    IPC_END,
};

static const struct ipc_field recipient_fields[] = {
    IPC_TEXT(struct queue_recipient, address, ADDRESS_MAX),
    IPC_TEXT(struct queue_recipient, original, ADDRESS_MAX),
    IPC_TEXT(struct queue_recipient, dsn_orcpt, INTAKE_TEXT_MAX),
    IPC_NUMBER(struct queue_recipient, dsn_notify, 15),
    IPC_END,
};

static const struct ipc_field message_fields[] = {
    IPC_BOOL(struct intake_wire_message, aborted),
    IPC_LIST(struct intake_wire_message, recipients, recipient_count, recipient_fields,
             QUEUE_RECIPIENTS_MAX),
    IPC_OCTETS(struct intake_wire_message, content, INTAKE_FIRST_CONTENT_MAX),
    IPC_BOOL(struct intake_wire_message, more),
    IPC_BOOL(struct intake_wire_message, ordered),
    IPC_END,
};

static const struct ipc_field copy_fields[] = {
    IPC_TEXT(struct intake_wire_copy, address, ADDRESS_MAX),
    IPC_END,
};

static const struct ipc_field orders_fields[] = {
    IPC_BOOL(struct intake_wire_orders, discard),
    IPC_BOOL(struct intake_wire_orders, hold),
    IPC_TEXT(struct intake_wire_orders, filter, INTAKE_TEXT_MAX),
    IPC_TEXT(struct intake_wire_orders, redirect, ADDRESS_MAX),
    IPC_LIST(struct intake_wire_orders, copies, copy_count, copy_fields, INTAKE_COPIES_MAX),
    IPC_END,
};

static const struct ipc_field outcome_fields[] = {
    IPC_BOOL(struct intake_outcome, committed),
    IPC_TEXT(struct intake_outcome, queue_id, QUEUE_ID_MAX),
    IPC_NUMBER(struct intake_outcome, code, 599),
    IPC_TEXT(struct intake_outcome, status, 32),
    IPC_TEXT(struct intake_outcome, text, INTAKE_TEXT_MAX),
    IPC_END,
};

const struct ipc_message intake_open_message = {"open", 1, open_fields};
const struct ipc_message intake_opened_message = {"opened", 1, opened_fields};
const struct ipc_message intake_message_message = {"message", 1, message_fields};
const struct ipc_message intake_orders_message = {"orders", 1, orders_fields};
const struct ipc_message intake_outcome_message = {"committed", 1, outcome_fields};
