/* The messages between login, auth and the session daemons, and the asking halves of them. */
#include "lib/base/base.h"

#include "lib/sasl/auth_client.h"

#include <unistd.h>

#define NAME_MAX_IPC       64 /* protocols, mechanisms, addresses, session ids */
#define TAG_MAX            1024
#define HANDOVER_INPUT_MAX 65536

static const struct ipc_field sasl_start_fields[] = {
    IPC_NUMBER(struct sasl_start, id, UINT64_MAX),
    IPC_TEXT(struct sasl_start, protocol, NAME_MAX_IPC),
    IPC_TEXT(struct sasl_start, mechanism, NAME_MAX_IPC),
    IPC_BOOL(struct sasl_start, has_initial),
    IPC_OCTETS(struct sasl_start, initial, SASL_OCTETS_MAX),
    IPC_TEXT(struct sasl_start, remote_address, NAME_MAX_IPC),
    IPC_TEXT(struct sasl_start, local_address, NAME_MAX_IPC),
    IPC_NUMBER(struct sasl_start, remote_port, 65535),
    IPC_NUMBER(struct sasl_start, local_port, 65535),
    IPC_BOOL(struct sasl_start, secured),
    IPC_TEXT(struct sasl_start, session, NAME_MAX_IPC),
    IPC_OCTETS(struct sasl_start, binding_exporter, CHANNEL_BINDING_MAX),
    IPC_OCTETS(struct sasl_start, binding_unique, CHANNEL_BINDING_MAX),
    IPC_OCTETS(struct sasl_start, binding_endpoint, CHANNEL_BINDING_MAX),
    IPC_TEXT(struct sasl_start, certificate_name, SASL_TEXT_MAX),
    IPC_END,
};
const struct ipc_message sasl_start_message = {"sasl_start", 1, sasl_start_fields};

static const struct ipc_field sasl_reply_fields[] = {
    IPC_NUMBER(struct sasl_reply, id, UINT64_MAX),
    IPC_NUMBER(struct sasl_reply, outcome, SASL_UNAVAILABLE),
    IPC_OCTETS(struct sasl_reply, challenge, SASL_OCTETS_MAX),
    IPC_TEXT(struct sasl_reply, user, SASL_TEXT_MAX),
    IPC_TEXT(struct sasl_reply, ticket, AUTH_TICKET_MAX),
    IPC_OCTETS(struct sasl_reply, pass, AUTH_PASS_MAX),
    IPC_TEXT(struct sasl_reply, pool, AUTH_POOL_MAX),
    IPC_TEXT(struct sasl_reply, reason, SASL_TEXT_MAX),
    IPC_NUMBER(struct sasl_reply, refusal, SASL_REFUSED_TOO_MANY),
    IPC_TEXT(struct sasl_reply, explanation, SASL_TEXT_MAX),
    IPC_END,
};
const struct ipc_message sasl_reply_message = {"sasl_reply", 1, sasl_reply_fields};

static const struct ipc_field sasl_continue_fields[] = {
    IPC_NUMBER(struct sasl_continue, id, UINT64_MAX),
    IPC_BOOL(struct sasl_continue, cancel),
    IPC_OCTETS(struct sasl_continue, response, SASL_OCTETS_MAX),
    IPC_END,
};
const struct ipc_message sasl_continue_message = {"sasl_continue", 1, sasl_continue_fields};

static const struct ipc_field session_end_fields[] = {
    IPC_NUMBER(struct sasl_session, id, UINT64_MAX),
    IPC_END,
};
const struct ipc_message session_end_message = {"session_end", 1, session_end_fields};

static const struct ipc_field session_note_fields[] = {
    IPC_NUMBER(struct sasl_session, id, UINT64_MAX),
    IPC_TEXT(struct sasl_session, protocol, NAME_MAX_IPC),
    IPC_TEXT(struct sasl_session, user, SASL_TEXT_MAX),
    IPC_TEXT(struct sasl_session, remote_address, NAME_MAX_IPC),
    IPC_END,
};
const struct ipc_message session_note_message = {"session_note", 1, session_note_fields};

static const struct ipc_field ticket_redemption_fields[] = {
    IPC_TEXT(struct ticket_redemption, ticket, AUTH_TICKET_MAX),
    IPC_OCTETS(struct ticket_redemption, pass, AUTH_PASS_MAX),
    IPC_TEXT(struct ticket_redemption, protocol, NAME_MAX_IPC),
    IPC_TEXT(struct ticket_redemption, session, NAME_MAX_IPC),
    IPC_BOOL(struct ticket_redemption, wants_pass),
    IPC_END,
};
const struct ipc_message ticket_redemption_message = {"redeem", 1, ticket_redemption_fields};

static const struct ipc_field auth_account_fields[] = {
    IPC_BOOL(struct auth_account_wire, ok),
    IPC_TEXT(struct auth_account_wire, reason, SASL_TEXT_MAX),
    IPC_TEXT(struct auth_account_wire, user, SASL_TEXT_MAX),
    IPC_OCTETS(struct auth_account_wire, pass, AUTH_PASS_MAX),
    PLACE_WIRE_FIELDS(struct auth_account_wire, place),
    IPC_END,
};
const struct ipc_message auth_account_message = {"account", 1, auth_account_fields};

static const struct ipc_field session_handover_fields[] = {
    IPC_FD(struct session_handover, client),
    IPC_TEXT(struct session_handover, ticket, AUTH_TICKET_MAX),
    IPC_OCTETS(struct session_handover, pass, AUTH_PASS_MAX),
    IPC_TEXT(struct session_handover, protocol, NAME_MAX_IPC),
    IPC_TEXT(struct session_handover, tag, TAG_MAX),
    IPC_TEXT(struct session_handover, session, NAME_MAX_IPC),
    IPC_TEXT(struct session_handover, remote_address, NAME_MAX_IPC),
    IPC_TEXT(struct session_handover, local_address, NAME_MAX_IPC),
    IPC_BOOL(struct session_handover, secured),
    IPC_BOOL(struct session_handover, utf8),
    IPC_OCTETS(struct session_handover, input, HANDOVER_INPUT_MAX),
    IPC_END,
};
const struct ipc_message session_handover_message = {"session", 1, session_handover_fields};

static const struct ipc_field session_accepted_fields[] = {
    IPC_NUMBER(struct session_accepted, pid, INT32_MAX),
    IPC_END,
};
const struct ipc_message session_accepted_message = {"accepted", 1, session_accepted_fields};

/* --- the session daemons' halves --------------------------------------------------------------------- */

bool session_handover_receive(struct connection *login, struct arena *arena,
                              struct session_handover *handover_r, struct error *err)
{
    *handover_r = (struct session_handover){.client = -1};
    if (!ipc_receive(login, &session_handover_message, arena, handover_r, err))
        return false;
    if (handover_r->client != -1)
        return true;
    error_set(err, ERROR_MALFORMED, "a session without a client");
    return false;
}

bool session_handover_accept(struct connection *login, struct error *err)
{
    const struct session_accepted accepted = {(uint64_t)getpid()};

    return ipc_send(login, &session_accepted_message, &accepted, err);
}

bool auth_redeem(struct connection *auth, const struct ticket_redemption *redemption,
                 struct arena *arena, struct auth_account *account_r, struct error *err)
{
    struct auth_account_wire wire = {0};

    if (!ipc_send(auth, &ticket_redemption_message, redemption, err) ||
        !ipc_receive(auth, &auth_account_message, arena, &wire, err)) {
        if (err->kind == ERROR_NONE)
            error_set(err, ERROR_TEMPORARY, "auth hung up");
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    *account_r = (struct auth_account){
        .ok = wire.ok,
        .reason = wire.reason,
        .user = wire.user,
        .pass = wire.pass,
        .place = place_wire_read(&wire.place),
    };
    return true;
}
