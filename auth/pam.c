/* PAM asks questions; every one that wants a secret is answered with the password. */
#include "lib/base/base.h"

#include "auth/pam.h"

#include <openssl/crypto.h>
#include <security/pam_appl.h>
#include <stdlib.h>

static int answer(int count, const struct pam_message **questions, struct pam_response **answers_r,
                  void *context)
{
    const char *password = context;
    struct pam_response *answers;

    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    answers = calloc((size_t)count, sizeof(*answers)); /* PAM frees it */
    if (answers == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++)
        if (questions[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            answers[i].resp = strdup(password);
    *answers_r = answers;
    return PAM_SUCCESS;
}

/* Where a stack ends in pam_deny, as Debian's common-auth does, all that fails is PAM_AUTH_ERR. Whoever may not come in
 * by PAM may be known elsewhere, as Dovecot has it; an account that has expired is refused for good. */
static enum database_answer meaning(int status)
{
    switch (status) {
    case PAM_SUCCESS:
        return DATABASE_PASSED;
    case PAM_USER_UNKNOWN:
        return DATABASE_UNKNOWN_USER;
    case PAM_AUTH_ERR:
    case PAM_CRED_INSUFFICIENT:
    case PAM_MAXTRIES:
    case PAM_PERM_DENIED:
    case PAM_AUTHTOK_EXPIRED:
        return DATABASE_FAILED;
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
        return DATABASE_EXPIRED;
    default:
        return DATABASE_UNAVAILABLE;
    }
}

enum database_answer pam_check(const char *service, const char *user, struct span password,
                               const char *remote_address, struct arena *arena,
                               const char **reason_r)
{
    char *secret = mem_span(password);
    const struct pam_conv conversation = {answer, secret};
    pam_handle_t *pam = NULL;
    const char *step = "pam_start";
    int status = pam_start(service, user, &conversation, &pam);

    if (status == PAM_SUCCESS) {
        pam_set_item(pam, PAM_RHOST, remote_address);
        pam_set_item(pam, PAM_TTY, "buzon");
        step = "pam_authenticate";
        status = pam_authenticate(pam, PAM_SILENT);
    }
    if (status == PAM_SUCCESS) {
        step = "pam_acct_mgmt";
        status = pam_acct_mgmt(pam, PAM_SILENT);
    }
    *reason_r = arena_printf(arena, "%s() failed: %s", step,
                             pam == NULL ? "no PAM" : pam_strerror(pam, status));
    if (pam != NULL)
        pam_end(pam, status);
    OPENSSL_cleanse(secret, password.len);
    mem_free(secret);
    return meaning(status);
}
