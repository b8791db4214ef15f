/* The structs as they go over the socket pair. */
#include "lib/base/base.h"

#include "auth/worker_message.h"

#include "lib/sasl/auth_client.h"

#define TEXT_LIMIT 1024

/* --- questions ------------------------------------------------------------------------------------------------ */

struct wire_question {
    uint64_t kind;
    const char *user, *act_as, *wanted, *protocol, *remote_address, *session;
    struct span password;
};

static const struct ipc_field question_fields[] = {
    IPC_NUMBER(struct wire_question, kind, ASK_ACCOUNT),
    IPC_TEXT(struct wire_question, user, TEXT_LIMIT),
    IPC_TEXT(struct wire_question, act_as, TEXT_LIMIT),
    IPC_TEXT(struct wire_question, wanted, TEXT_LIMIT),
    IPC_TEXT(struct wire_question, protocol, TEXT_LIMIT),
    IPC_TEXT(struct wire_question, remote_address, TEXT_LIMIT),
    IPC_TEXT(struct wire_question, session, TEXT_LIMIT),
    IPC_OCTETS(struct wire_question, password, SASL_OCTETS_MAX),
    IPC_END,
};
static const struct ipc_message question_message = {"check", 2, question_fields};

bool worker_question_send(struct connection *worker, const struct question *question,
                          struct error *err)
{
    const struct wire_question wire = {
        .kind = question->kind,
        .user = question->user,
        .act_as = question->act_as,
        .wanted = question->wanted,
        .protocol = question->protocol,
        .remote_address = question->remote_address,
        .session = question->session,
        .password = question->password,
    };

    return ipc_send(worker, &question_message, &wire, err);
}

bool worker_question_receive(struct connection *auth, struct arena *arena,
                             struct question *question_r, struct error *err)
{
    struct wire_question wire = {0};

    if (!ipc_receive(auth, &question_message, arena, &wire, err))
        return false;
    *question_r = (struct question){
        .kind = (enum question_kind)wire.kind,
        .user = wire.user,
        .act_as = wire.act_as,
        .wanted = wire.wanted,
        .protocol = wire.protocol,
        .remote_address = wire.remote_address,
        .session = wire.session,
        .password = wire.password.data == NULL ? span_of("", 0) : wire.password,
    };
    return true;
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

struct wire_answer {
    uint64_t outcome, refusal, iterations;
    const char *reason, *explanation, *user;
    struct place_wire place;
    bool is_master, may_cache, has_secret;
    struct span salt, stored_key, server_key, cram_md5;
};

static const struct ipc_field answer_fields[] = {
    IPC_NUMBER(struct wire_answer, outcome, CHECK_UNAVAILABLE),
    IPC_NUMBER(struct wire_answer, refusal, REFUSED_EXPIRED),
    PLACE_WIRE_FIELDS(struct wire_answer, place),
    IPC_TEXT(struct wire_answer, reason, ERROR_TEXT_MAX),
    IPC_TEXT(struct wire_answer, explanation, ERROR_TEXT_MAX),
    IPC_TEXT(struct wire_answer, user, TEXT_LIMIT),
    IPC_BOOL(struct wire_answer, is_master),
    IPC_BOOL(struct wire_answer, may_cache),
    IPC_BOOL(struct wire_answer, has_secret),
    IPC_NUMBER(struct wire_answer, iterations, UINT32_MAX),
    IPC_OCTETS(struct wire_answer, salt, SCRAM_SALT_MAX),
    IPC_OCTETS(struct wire_answer, stored_key, SCRAM_KEY_MAX),
    IPC_OCTETS(struct wire_answer, server_key, SCRAM_KEY_MAX),
    IPC_OCTETS(struct wire_answer, cram_md5, CRAM_MD5_LEN),
    IPC_END,
};
static const struct ipc_message answer_message = {"checked", 2, answer_fields};

bool worker_answer_send(struct connection *auth, const struct check_result *result,
                        struct error *err)
{
    const struct scram_secret *scram = &result->secret.scram;
    const struct wire_answer wire = {
        .outcome = result->outcome,
        .refusal = result->refusal,
        .reason = result->reason,
        .explanation = result->explanation,
        .user = result->user,
        .is_master = result->is_master,
        .may_cache = result->may_cache,
        .place = place_wire_of(&result->place),
        .has_secret = result->secret.is_known,
        .iterations = scram->iterations,
        .salt = span_of(scram->salt, scram->salt_len),
        .stored_key = span_of(scram->stored_key, scram->key_len),
        .server_key = span_of(scram->server_key, scram->key_len),
        .cram_md5 = span_of(result->secret.cram_md5, CRAM_MD5_LEN),
    };

    return ipc_send(auth, &answer_message, &wire, err);
}

static void take_octets(unsigned char *octets, struct span wire)
{
    if (wire.len > 0)
        memcpy(octets, wire.data, wire.len);
}

static void take_secret(const struct wire_answer *wire, struct sasl_secret *secret)
{
    struct scram_secret *scram = &secret->scram;

    secret->is_known = wire->has_secret;
    scram->iterations = wire->iterations;
    scram->salt_len = wire->salt.len;
    scram->key_len = wire->stored_key.len;
    scram->digest = scram->key_len == SCRAM_KEY_MAX ? "SHA256" : "SHA1";
    take_octets(scram->salt, wire->salt);
    take_octets(scram->stored_key, wire->stored_key);
    take_octets(scram->server_key, span_first(wire->server_key, scram->key_len));
    take_octets(secret->cram_md5, wire->cram_md5);
}

bool worker_answer_receive(struct connection *worker, struct arena *arena,
                           struct check_result *result_r, struct error *err)
{
    struct wire_answer wire = {0};

    if (!ipc_receive(worker, &answer_message, arena, &wire, err))
        return false;
    *result_r = (struct check_result){
        .outcome = (enum check_outcome)wire.outcome,
        .refusal = (enum check_refusal)wire.refusal,
        .reason = wire.reason,
        .explanation = wire.explanation,
        .user = wire.user,
        .is_master = wire.is_master,
        .may_cache = wire.may_cache,
        .place = place_wire_read(&wire.place),
    };
    take_secret(&wire, &result_r->secret);
    return true;
}
