import { Argument } from "commander";
import type { RegisterCommand } from "../command-context.js";
import { completionScript, SHELLS, type Shell } from "../completion.js";

export const registerCompletion: RegisterCommand = (program, run) => {
  program
    .command("completion")
    .description("print a script with which a shell completes commands and options")
    .addArgument(new Argument("<shell>", "whose script").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  chequecard completion bash > ~/.local/share/bash-completion/completions/chequecard
  chequecard completion zsh > "\${fpath[1]}/_chequecard"
  chequecard completion fish > ~/.config/fish/completions/chequecard.fish
`,
    )
    .action((shell: Shell) =>
      run(async () => {
        const script = completionScript(program, shell);
        return { data: { shell, script }, text: script.trimEnd() };
      }),
    );
};
