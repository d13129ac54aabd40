import type { Deployment, DeploymentOverrides } from "@/api";
import { useT } from "@/i18n";
import { Field, Select } from "@/ui";

const names = ["images", "tools", "schema", "reasoning", "prefill"] as const;
type Skill = (typeof names)[number];
export type Skills = Pick<DeploymentOverrides, Skill>;
/** The skills that are set by hand. */
export const skillsOf = (overrides: DeploymentOverrides): Skills => Object.fromEntries(names.flatMap((skill) => (overrides[skill] === undefined ? [] : [[skill, overrides[skill]]])));

type Said = "catalogue" | "yes" | "no";

interface Props {
  skills: Skills;
  deployment: Deployment;
  onChange: (skills: Skills) => void;
}

/** What a model can do, where the catalogue does not know it or has it wrong. */
export function SkillFields({ skills, deployment, onChange }: Props) {
  const t = useT();
  const { facts, overrides } = deployment;
  const set = (skill: Skill, said: Said) => {
    const { [skill]: _old, ...rest } = skills;
    onChange(said === "catalogue" ? rest : { ...rest, [skill]: said === "yes" });
  };
  /** With what it has, where nothing was set by hand: then the facts are the catalogue's own. */
  const catalogue = (skill: Skill) => (overrides[skill] === undefined ? t("providers.bySkill", { is: facts[skill] ? t("logs.yes") : t("logs.no") }) : t("providers.byCatalogue"));
  return (
    <div role="group" aria-label={t("providers.skills")} className="grid gap-3 border-t border-line pt-3 sm:grid-cols-2">
      {names.map((skill) => (
        <Field key={skill} label={t(`providers.skillName.${skill}`)} {...(skill === "prefill" ? { help: t("providers.prefillHelp") } : {})}>
          {(state) => (
            <Select<Said>
              {...state}
              value={skills[skill] === undefined ? "catalogue" : skills[skill] ? "yes" : "no"}
              onChange={(said) => set(skill, said)}
              options={[{ value: "catalogue", label: catalogue(skill) }, { value: "yes", label: t("logs.yes") }, { value: "no", label: t("logs.no") }]}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
