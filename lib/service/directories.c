/* The directories of an instance: who owns them, who may enter. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/service/account.h"
#include "lib/service/instance.h"

#include <fcntl.h>
#include <unistd.h>

enum owner { OWNER_ROOT, OWNER_MAIL };
enum group { GROUP_ROOT, GROUP_MAIL, GROUP_SETGID };

/*
 * Below the queue directory. private/ is root's: whoever breaks into a process of mail_owner could
 * otherwise put a socket of his own in the place of auth's. public/ and maildrop/ are for the tools
 * that are set-group-id; buzondrop must open maildrop/ to sync it.
 */
static const struct layout {
    const char *name;
    enum owner owner;
    enum group group;
    mode_t mode;
    bool spread; /* file_spread_directories: where files come and go */
} layouts[] = {
    {"empty",    OWNER_ROOT, GROUP_ROOT,   0555,  false},
    {"pid",      OWNER_ROOT, GROUP_ROOT,   0755,  false},
    {"private",  OWNER_ROOT, GROUP_MAIL,   0710,  false},
    {"public",   OWNER_MAIL, GROUP_SETGID, 02710, false},
    {"maildrop", OWNER_MAIL, GROUP_SETGID, 01770, false},
    {"incoming", OWNER_MAIL, GROUP_MAIL,   0700,  true },
    {"active",   OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"deferred", OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"hold",     OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"corrupt",  OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"bounce",   OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"defer",    OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"trace",    OWNER_MAIL, GROUP_MAIL,   0700,  false},
    {"flush",    OWNER_MAIL, GROUP_MAIL,   0700,  false},
};

static const struct layout queue_layout = {".", OWNER_ROOT, GROUP_ROOT, 0755, false};
static const struct layout data_layout = {".", OWNER_MAIL, GROUP_MAIL, 0755, false};

/* Ids for the enums above; in an unprivileged instance they are all ours. */
struct ids {
    uid_t owner[2];
    gid_t group[3];
};

static bool find_ids(const struct config *config, struct ids *ids_r, struct error *err)
{
    struct account mail;
    gid_t setgid_group;

    if (geteuid() != 0) {
        uid_t uid = geteuid();
        gid_t gid = getegid();

        *ids_r = (struct ids){
            {uid,  uid},
            { gid, gid, gid}
        };
        return true;
    }
    if (!account_find(config->mail_owner, &mail, err) ||
        !account_find_group(config->setgid_group, &setgid_group, err))
        return false;
    *ids_r = (struct ids){
        {0,         mail.uid    },
        { 0, mail.gid, setgid_group}
    };
    return true;
}

static bool set_owner(int directory, const char *path, const struct layout *layout,
                      const struct ids *ids, struct error *err)
{
    int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool done = fd >= 0 && fchown(fd, ids->owner[layout->owner], ids->group[layout->group]) == 0 &&
                fchmod(fd, layout->mode) == 0;

    if (!done)
        error_errno(err, "set the owner of %s", path);
    fd_close(&fd);
    return done;
}

static void spread(int directory, const char *path)
{
    int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0)
        file_spread_directories(fd);
    fd_close(&fd);
}

static bool make(int directory, const char *path, const struct layout *layout,
                 const struct ids *ids, struct error *err)
{
    bool made = mkdirat(directory, path, 0700) == 0;

    if (!made && errno != EEXIST) {
        error_errno(err, "make the directory %s", path);
        return false;
    }
    if (layout->spread)
        spread(directory, path);
    return !made || set_owner(directory, path, layout, ids, err);
}

static int open_queue(const struct config *config, struct error *err)
{
    int fd = open(config->queue_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        error_errno(err, "open the queue directory %s", config->queue_directory);
    return fd;
}

/* make or set_owner */
typedef bool layout_do(int directory, const char *path, const struct layout *layout,
                       const struct ids *ids, struct error *err);

static bool do_to_all(const struct config *config, layout_do *act, struct error *err)
{
    struct ids ids;
    bool done;
    int queue = -1;

    done = find_ids(config, &ids, err) &&
           act(AT_FDCWD, config->queue_directory, &queue_layout, &ids, err) &&
           act(AT_FDCWD, config->data_directory, &data_layout, &ids, err);
    if (done) {
        queue = open_queue(config, err);
        done = queue >= 0;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(layouts) && done; i++) {
        bool is_pid = strcmp(layouts[i].name, "pid") == 0;

        done = act(queue, is_pid ? config->process_id_directory : layouts[i].name, &layouts[i],
                   &ids, err);
    }
    fd_close(&queue);
    return done;
}

bool instance_make_directories(const struct config *config, struct error *err)
{
    return do_to_all(config, make, err);
}

bool instance_repair_directories(const struct config *config, struct error *err)
{
    return do_to_all(config, set_owner, err);
}

/* Where it has rights that others lack. */
static bool group_matters(mode_t mode)
{
    return (mode >> 3 & 07) != (mode & 07);
}

static size_t examine(int directory, const char *path, const struct layout *layout,
                      const struct ids *ids, const char *shown,
                      void (*complain)(const char *format, ...) PRINTF(1, 2))
{
    struct stat status;
    size_t count = 0;

    if (fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode)) {
        complain("missing directory: %s", shown);
        return 1;
    }
    if (status.st_uid != ids->owner[layout->owner]) {
        complain("owned by uid %lu instead of %lu: %s", (unsigned long)status.st_uid,
                 (unsigned long)ids->owner[layout->owner], shown);
        count++;
    }
    if (group_matters(layout->mode) && status.st_gid != ids->group[layout->group]) {
        complain("group is %lu instead of %lu: %s", (unsigned long)status.st_gid,
                 (unsigned long)ids->group[layout->group], shown);
        count++;
    }
    if ((status.st_mode & 07777 & ~layout->mode) != 0) {
        complain("mode %04o gives more than %04o: %s", (unsigned)status.st_mode & 07777,
                 (unsigned)layout->mode, shown);
        count++;
    }
    return count;
}

size_t instance_check_directories(const struct config *config,
                                  void (*complain)(const char *format, ...) PRINTF(1, 2))
{
    struct error err = {0};
    struct ids ids;
    size_t count;

    if (!find_ids(config, &ids, &err)) {
        complain("%s", err.text);
        return 1;
    }
    count = examine(AT_FDCWD, config->queue_directory, &queue_layout, &ids, config->queue_directory,
                    complain) +
            examine(AT_FDCWD, config->data_directory, &data_layout, &ids, config->data_directory,
                    complain);
    for (size_t i = 0; i < ARRAY_LENGTH(layouts); i++) {
        const struct layout *layout = &layouts[i];
        char *path = mem_printf("%s/%s", config->queue_directory,
                                strcmp(layout->name, "pid") == 0 ? config->process_id_directory
                                                                 : layout->name);

        count += examine(AT_FDCWD, path, layout, &ids, path, complain);
        mem_free(path);
    }
    return count;
}
