/** For tests, campaigns and benchmarks: commands that they start speak English, whatever the machine's language is. */
process.env.LANG = "C.UTF-8";
process.env.LC_MESSAGES = "";
process.env.LC_ALL = "";
