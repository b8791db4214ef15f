/* What auth and its workers say to each other: one question, one answer. */
#ifndef BUZON_AUTH_WORKER_MESSAGE_H
#define BUZON_AUTH_WORKER_MESSAGE_H

#include "auth/passdb.h"
#include "lib/io/ipc.h"

/* Texts are the arena's; false as ipc_send and ipc_receive. */
bool worker_question_send(struct connection *worker, const struct question *question,
                          struct error *err) MUST_CHECK;
bool worker_question_receive(struct connection *auth, struct arena *arena,
                             struct question *question_r, struct error *err) MUST_CHECK;
bool worker_answer_send(struct connection *auth, const struct check_result *result,
                        struct error *err) MUST_CHECK;
bool worker_answer_receive(struct connection *worker, struct arena *arena,
                           struct check_result *result_r, struct error *err) MUST_CHECK;

#endif
