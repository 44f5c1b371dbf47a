import { statfsSync } from "node:fs";

/** Linux's numbers of file systems that lie on a disk or in the memory of one machine (`statfs(2)`). */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0xca451a4e, // bcachefs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs
  0x61756673, // aufs
  0xf15f, // eCryptfs
  0x4d44, // FAT
  0x2011bab0, // exFAT
  0x5346544e, // NTFS
  0x7366746e, // ntfs3
  0x3153464a, // JFS
  0x52654973, // ReiserFS
  0x3434, // NILFS2
  0x24051905, // UBIFS
  0x72b6, // JFFS2
  0x482b, // HFS+
  0x15013346, // UDF
]);

/**
 * Whether other machines may use this folder at the same time: it lies on a network, in a shared folder of a virtual
 * machine, or on something that is not known to be a disk (FUSE). False where the system does not tell.
 */
export function mayBeShared(folder: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    return !LOCAL.has(statfsSync(folder).type >>> 0);
  } catch {
    return false;
  }
}
