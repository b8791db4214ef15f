/* The messages between login and the imapds that it keeps. */
#include "lib/base/base.h"

#include "lib/sasl/parking.h"

#define TEXT_MAX     64 /* addresses, session ids */
#define NAME_MAX_IPC 1024
#define COUNTERS_MAX 1024
#define INPUT_MAX    65536

static const struct ipc_field no_fields[] = {IPC_END};

const struct ipc_message parking_watching_message = {"watching", 1, no_fields};
const struct ipc_message parking_staying_message = {"staying", 1, no_fields};
const struct ipc_message parking_ended_message = {"ended", 1, no_fields};

static const struct ipc_field notifier_fields[] = {
    IPC_FD(struct parking_notifier, notifier),
    IPC_END,
};
const struct ipc_message parking_notifier_message = {"notifier", 1, notifier_fields};

static const struct ipc_field watch_fields[] = {
    IPC_NUMBER(struct parking_watch, descriptor, INT32_MAX),
    IPC_END,
};

static const struct ipc_field parked_fields[] = {
    IPC_FD(struct parking_parked, client),
    IPC_FD(struct parking_parked, notifier),
    IPC_OCTETS(struct parking_parked, pass, AUTH_PASS_MAX),
    IPC_OCTETS(struct parking_parked, state, PARKING_STATE_MAX),
    IPC_TEXT(struct parking_parked, name, NAME_MAX_IPC),
    IPC_TEXT(struct parking_parked, counters, COUNTERS_MAX),
    IPC_NUMBER(struct parking_parked, octets_in, UINT64_MAX),
    IPC_NUMBER(struct parking_parked, octets_out, UINT64_MAX),
    IPC_NUMBER(struct parking_parked, silent_ms, INT32_MAX),
    IPC_NUMBER(struct parking_parked, notify_ms, INT32_MAX),
    IPC_BOOL(struct parking_parked, idling),
    IPC_BOOL(struct parking_parked, compressed),
    IPC_LIST(struct parking_parked, watches, watch_count, watch_fields, PARKING_WATCHES_MAX),
    IPC_END,
};
const struct ipc_message parking_parked_message = {"parked", 1, parked_fields};

static const struct ipc_field resume_fields[] = {
    IPC_FD(struct parking_resume, client),
    IPC_OCTETS(struct parking_resume, pass, AUTH_PASS_MAX),
    IPC_OCTETS(struct parking_resume, state, PARKING_STATE_MAX),
    IPC_TEXT(struct parking_resume, session, TEXT_MAX),
    IPC_TEXT(struct parking_resume, remote_address, TEXT_MAX),
    IPC_TEXT(struct parking_resume, local_address, TEXT_MAX),
    IPC_BOOL(struct parking_resume, secured),
    IPC_BOOL(struct parking_resume, changed),
    IPC_OCTETS(struct parking_resume, input, INPUT_MAX),
    IPC_NUMBER(struct parking_resume, told, UINT64_MAX),
    IPC_NUMBER(struct parking_resume, silent_ms, INT32_MAX),
    IPC_NUMBER(struct parking_resume, notify_ms, INT32_MAX),
    IPC_END,
};
const struct ipc_message parking_resume_message = {"resume", 1, resume_fields};
