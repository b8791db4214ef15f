/*
 * POP3 commands, a line each, to a maildrop of four messages. QUIT is left out: it would change the maildrop for
 * the inputs that follow.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char settings[] = "pop3_enable_last = yes\n"
                               "pop3_client_workarounds = outlook-no-nuls oe-ns-eoh\n"
                               "myhostname = mail.example\n";

static void write_file(const char *directory, const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        abort();
    close(fd);
    mem_free(path);
}

static char maildir[] = "/tmp/buzon-fuzz.XXXXXX";

static int remove_one(const char *path, const struct stat *status UNUSED, int type UNUSED,
                      struct FTW *place UNUSED)
{
    return remove(path);
}

static void remove_maildir(void)
{
    (void)nftw(maildir, remove_one, 10, FTW_DEPTH | FTW_PHYS);
}

static const struct pop3_session *maildrop(void)
{
    static struct pop3_session session = {.user = "ana", .session = "x"};
    struct mailbox_place place = {.format = MAILBOX_MAILDIR, .path = maildir, .home = maildir};
    struct error err = {0};
    bool in_use;

    if (session.mailbox != NULL)
        return &session;
    if (mkdtemp(maildir) == NULL || atexit(remove_maildir) != 0)
        abort();
    for (const char *const *part = (const char *const[]){"cur", "new", "tmp", NULL}; *part != NULL;
         part++) {
        char *path = mem_printf("%s/%s", maildir, *part);
        (void)mkdir(path, 0700);
        mem_free(path);
    }
    write_file(maildir, "new/1700000001.M1P1.mail", "Subject: one\n\n.dot\nline\n");
    write_file(maildir, "new/1700000002.M1P1.mail", "Subject: no body");
    write_file(maildir, "new/1700000003.M1P1.mail", "X-UIDL: x\n\n\r\n.\n..\nend");
    write_file(maildir, "new/1700000004.M1P1.mail",
               "Subject: \xc3\xa9\nTo: \xe9@x\nContent-Type: multipart/mixed; boundary=b\n\n"
               "--b\nX-A: \xc3\xa9\n\n.\n--b--\n");
    write_file(maildir, "main.cf", settings);
    session.config = config_read(maildir, NULL, NULL, &err);
    if (session.config == NULL)
        abort();
    if (!session_open(&session, &place, &in_use, &err))
        abort();
    return &session;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pop3_session session = *maildrop();
    struct span rest = span_of(data, size);
    int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

    session.client = stream_create(out);
    while (rest.len > 0 && !session.ended) {
        struct span line = span_first(span_take_until(&rest, '\n'), 512);
        if (!span_starts_with_nocase(span_trim(line), "QUIT"))
            pop3_command(&session, line);
        ASSERT(session.deleted_count <= session.count && session.last <= session.count);
    }
    for (size_t i = 0; i < session.count; i++)
        session.messages[i].deleted = session.messages[i].seen = false;
    stream_free(&session.client);
    return 0;
}
