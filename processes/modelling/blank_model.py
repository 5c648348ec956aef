"""The model a new process begins with: an application, one task, an end. It passes the check.

Applicants may begin it until the analyst says otherwise: what nobody may begin serves nobody.
"""

from xml.sax.saxutils import quoteattr

from processes.modelling.bundle import Bundle

_BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" \
xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" \
xmlns:di="http://www.omg.org/spec/DD/20100524/DI" \
xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" \
xmlns:banli="https://banli.example/schema/1.0" id="definitions_{key}" \
targetNamespace="https://banli.example/models">
  <bpmn:process id="{key}" name={name} isExecutable="true">
    <bpmn:extensionElements>
      <zeebe:properties>
        <zeebe:property name="starters" value="applicant" />
        <zeebe:property name="candidateScope" value="=org" />
      </zeebe:properties>
    </bpmn:extensionElements>
    <bpmn:startEvent id="applied" name="申请提交">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="form_{key}_apply" />
      </bpmn:extensionElements>
      <bpmn:outgoing>flow_applied</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="handle" name="办理">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:formDefinition formId="form_{key}_handle" />
        <zeebe:assignmentDefinition candidateGroups="business_info_manager" />
      </bpmn:extensionElements>
      <bpmn:incoming>flow_applied</bpmn:incoming>
      <bpmn:outgoing>flow_handled</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="closed" name="办结">
      <bpmn:incoming>flow_handled</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="flow_applied" sourceRef="applied" targetRef="handle" />
    <bpmn:sequenceFlow id="flow_handled" sourceRef="handle" targetRef="closed" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram_{key}">
    <bpmndi:BPMNPlane id="plane_{key}" bpmnElement="{key}">
      <bpmndi:BPMNShape id="applied_di" bpmnElement="applied">
        <dc:Bounds x="182" y="182" width="36" height="36" />
        <bpmndi:BPMNLabel>
          <dc:Bounds x="178" y="225" width="44" height="14" />
        </bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="handle_di" bpmnElement="handle">
        <dc:Bounds x="290" y="160" width="100" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="closed_di" bpmnElement="closed">
        <dc:Bounds x="462" y="182" width="36" height="36" />
        <bpmndi:BPMNLabel>
          <dc:Bounds x="469" y="225" width="22" height="14" />
        </bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="flow_applied_di" bpmnElement="flow_applied">
        <di:waypoint x="218" y="200" />
        <di:waypoint x="290" y="200" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="flow_handled_di" bpmnElement="flow_handled">
        <di:waypoint x="390" y="200" />
        <di:waypoint x="462" y="200" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""

_AGENCY = """\
      - name: org
        label: 办理机构
        label_en: Handling agency
        type: org
        required: true
"""

_FORM = """form: form_{key}_{step}
title: {title}
title_en: {title_en}
sections:
  - title: {section}
    fields:
      - name: {field}
        label: {label}
        type: {type}
        required: true
"""


def blank_model(key: str, name: str) -> dict[str, bytes]:
    """The files of a new process; `key` is a name already checked to be one."""
    made = Bundle(
        {
            f"{key}.bpmn": _BPMN.format(key=key, name=quoteattr(name)).encode(),
            f"forms/form_{key}_apply.yaml": (
                _FORM.format(
                    key=key,
                    step="apply",
                    title="申请",
                    title_en="Application",
                    section="申请人",
                    field="name",
                    label="姓名",
                    type="text",
                )
                + _AGENCY
            ).encode(),
            f"forms/form_{key}_handle.yaml": _FORM.format(
                key=key,
                step="handle",
                title="办理意见",
                title_en="Handling",
                section="办理意见",
                field="opinion",
                label="意见",
                type="textarea",
            ).encode(),
        }
    )
    return dict(made.files)
