/*
 * Content on its way through cleanup, header rewriting and all, in blocks whose size the first octet
 * says. Nothing is committed; small messages never reach the disk.
 */
#include "cleanup/checks.h"
#include "cleanup/content.h"

#include "lib/base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct cleanup cleanup;
static struct message message = {.cleanup = &cleanup};

static void start(void)
{
    static const char *const lines[] = {
        "myhostname=mail.test",      "mydestination=mail.test",
        "inet_interfaces=127.0.0.1", "alias_maps=",
        "local_recipient_maps=",     "header_size_limit=200",
        "recipient_delimiter=+",     "sender_canonical_maps=inline:{a@b=c@d}",
        "message_size_limit=100000", "masquerade_domains=b",
    };
    const struct log_target nowhere = {
        .syslog_name = "cleanup", .syslog_facility = "mail", .file = "/dev/null"};
    char directory[] = "/tmp/buzon-fuzz.XXXXXX";
    struct strlist overrides = STRLIST_EMPTY;
    struct error err = {0};
    int spool = mkdtemp(directory) == NULL ? -1 : open(directory, O_RDONLY | O_DIRECTORY);

    ASSERT(log_open(&nowhere, &err));
    ASSERT(close(openat(spool, "main.cf", O_CREAT | O_WRONLY, 0600)) == 0);
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        strlist_add(&overrides, lines[i]);
    cleanup.config = config_read(directory, &overrides, NULL, &err);
    ASSERT(cleanup.config != NULL);
    cleanup.route = route_create(cleanup.config, false);
    cleanup.writer = queue_writer_create(spool, cleanup.config);
    strlist_add(&cleanup.dropped_headers, "bcc");
    message.arena = arena_create();
    message.scratch = arena_create();
    cleanup.checks = checks_open(cleanup.config);
    content_prepare(&message);
    ASSERT(unlinkat(spool, "main.cf", 0) == 0 && rmdir(directory) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct intake_request request = {.sender = "s@x", .rewrite_local = true};
    struct span content = span_skip(span_of(data, size), 1);
    size_t block = size == 0 ? 1 : (size_t)data[0] + 1;

    if (message.arena == NULL)
        start();
    message_begin(&message, &request);
    message.sender = "s@x";
    for (; content.len > 0; content = span_skip(content, block))
        content_block(&message, span_first(content, block));
    content_end(&message);
    queue_writer_abandon(cleanup.writer);
    arena_reset(message.arena);
    return 0;
}
