/*
 * One running instance for each queue directory: the lock that master holds, by which the tools find
 * it; and the directories that an instance needs.
 */
#ifndef BUZON_LIB_SERVICE_INSTANCE_H
#define BUZON_LIB_SERVICE_INSTANCE_H

#include "lib/config/config.h"

#include <sys/types.h>

/*
 * instance_lock - be the one master of this queue directory and this data directory
 *
 * Writes our process id to $process_id_directory/master.pid. The locks last until the process ends,
 * and are not inherited by others. False: somebody else has them, or a file cannot be opened.
 */
bool instance_lock(const struct config *config, struct error *err) MUST_CHECK;
/* instance_pid - the process id of the running master; 0: there is none. Changes nothing. */
bool instance_pid(const struct config *config, pid_t *pid_r, struct error *err) MUST_CHECK;

/*
 * instance_make_directories - what is missing below the queue directory, and the data directory
 *
 * As root with the owners of the design (conventions: public 2710, maildrop 1770); otherwise all
 * belong to us. What exists is left as it is.
 */
bool instance_make_directories(const struct config *config, struct error *err) MUST_CHECK;
/* instance_repair_directories - give each the owner, group and mode that it should have */
bool instance_repair_directories(const struct config *config, struct error *err) MUST_CHECK;
/* instance_check_directories - tell of each whose owner or mode is wrong; how many there are */
size_t instance_check_directories(const struct config *config,
                                  void (*complain)(const char *format, ...) PRINTF(1, 2));

#endif
