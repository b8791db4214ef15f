/* Who is told of what. */
#include "lib/base/base.h"

#include "bounce/rules.h"

#include "lib/base/log.h"
#include "lib/queue/postmaster.h"

/* The postmaster's address for this notice; NULL: he does not want to know. */
static const char *postmaster_of(const struct config *config, const struct notice *notice)
{
    switch ((enum notice_kind)notice->kind) {
    case NOTICE_FAILURE:
        if (notice->sender[0] == '\0')
            return postmaster_wants(config, "2bounce") ? config->twobounce_notice_recipient : NULL;
        return postmaster_wants(config, "bounce") ? config->bounce_notice_recipient : NULL;
    case NOTICE_DELAY:
        return postmaster_wants(config, "delay") ? config->delay_notice_recipient : NULL;
    case NOTICE_SUCCESS:
        break;
    }
    return NULL;
}

size_t rules_apply(const struct config *config, struct arena *arena, const struct notice *notice,
                   struct report reports_r[REPORTS_MAX])
{
    const char *postmaster = postmaster_of(config, notice);
    size_t count = 0;

    if (strcasecmp(notice->sender, postmaster_sender(config, arena)) == 0) {
        log_warning("%s: undeliverable postmaster notification discarded", notice->queue_id);
        return 0;
    }
    if (notice->sender[0] != '\0')
        reports_r[count++] = (struct report){
            .audience = AUDIENCE_SENDER,
            .sender = "",
            .recipient = notice->sender,
            .original = notice->sender,
        };
    if (postmaster != NULL)
        reports_r[count++] = (struct report){
            .audience = AUDIENCE_POSTMASTER,
            .sender = postmaster_sender(config, arena),
            .recipient = postmaster_address(config, arena, postmaster),
            .original = postmaster,
        };
    return count;
}
